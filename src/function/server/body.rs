//! The bodies of calls: requests are measured before they are kept, responses
//! tell how their call ended.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::{Code, Status};

use super::call::Call;

/// Bytes before each gRPC message: whether it is compressed, and its length.
const PREFIX_LENGTH: usize = 5;

/// A request's body. Refuses a message by its announced length, before any of
/// it is kept: gRPC allocates the announced length at once.
pub(super) struct RequestBody {
    inner: Incoming,
    call: Arc<Call>,
    framing: Framing,
}

/// A response's body, which keeps the call alive until it is sent or given up.
pub(super) struct ResponseBody {
    inner: Body,
    call: Arc<Call>,
    sent: usize,
}

/// Follows the gRPC framing over chunks of any size.
#[derive(Debug, Default)]
struct Framing {
    prefix: [u8; PREFIX_LENGTH],
    filled: usize,
    remaining: usize,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, call: Arc<Call>) -> Self {
        Self { inner, call, framing: Framing::default() }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
            None => return Poll::Ready(None),
            Some(Ok(frame)) => frame,
            // The caller is gone or broke the protocol: nobody will read this.
            Some(Err(_)) => {
                this.call.abandon();
                return Poll::Ready(Some(Err(Status::cancelled("request cut short"))));
            }
        };
        if let Some(chunk) = frame.data_ref() {
            this.framing.follow(chunk, |length| this.call.admit(length))?;
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Framing {
    /// Calls `admit` with the length of each message that starts in `chunk`.
    fn follow(
        &mut self,
        mut chunk: &[u8],
        mut admit: impl FnMut(usize) -> Result<(), Status>,
    ) -> Result<(), Status> {
        while !chunk.is_empty() {
            if self.remaining > 0 {
                let taken = self.remaining.min(chunk.len());
                self.remaining -= taken;
                chunk = &chunk[taken..];
                continue;
            }
            let taken = (PREFIX_LENGTH - self.filled).min(chunk.len());
            self.prefix[self.filled..][..taken].copy_from_slice(&chunk[..taken]);
            self.filled += taken;
            chunk = &chunk[taken..];
            if self.filled == PREFIX_LENGTH {
                let [_, length @ ..] = self.prefix;
                self.remaining = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                self.filled = 0;
                admit(self.remaining)?;
            }
        }
        Ok(())
    }
}

impl ResponseBody {
    pub(super) fn new(inner: Body, call: Arc<Call>) -> Self {
        Self { inner, call, sent: 0 }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            if let Some(chunk) = frame.data_ref() {
                this.sent += chunk.len();
            } else if let Some(trailers) = frame.trailers_ref() {
                let code =
                    Status::from_header_map(trailers).map_or(Code::Ok, |status| status.code());
                this.call.end(code, this.sent.saturating_sub(PREFIX_LENGTH));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(vec![7; length as usize]);
        bytes
    }

    #[test]
    fn finds_every_message_however_it_is_cut() {
        let stream: Vec<u8> = [3, 0, 300].into_iter().flat_map(message).collect();
        for size in [1, 2, 4, 5, 6, 7, 100, stream.len()] {
            let mut framing = Framing::default();
            let mut lengths = Vec::new();
            for chunk in stream.chunks(size) {
                framing
                    .follow(chunk, |length| {
                        lengths.push(length);
                        Ok(())
                    })
                    .expect("admitted");
            }
            assert_eq!(lengths, [3, 0, 300], "in chunks of {size}");
        }
    }

    #[test]
    fn refuses_by_announced_length_before_the_message_arrives() {
        let refuse = |_| Err(Status::resource_exhausted("too large"));
        let prefix = [0, 0xff, 0xff, 0xff, 0xff];
        assert!(Framing::default().follow(&prefix, refuse).is_err());
    }
}
