//! The bodies of calls: requests are measured before they are kept, responses
//! tell how their call ended.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::{Code, Status};

use super::call::{Call, Permit, more_than_one};

/// Bytes before each gRPC message: whether it is compressed, and its length.
pub(super) const PREFIX_LENGTH: usize = 5;

/// How much of an answer the HTTP/2 library gets at a time, and holds on to until
/// the caller takes it, even when the call is over for us. One frame.
const CHUNK_LENGTH: usize = 16 * 1024;

/// A request's body. Refuses a message by its announced length, before any of
/// it is kept, and pays for what arrives.
///
/// gRPC decodes a message when its last byte is there, and then waits for the end
/// of the request. So the last byte is held back until then: a decoded request
/// must not wait for its caller.
pub(super) struct RequestBody {
    inner: Incoming,
    call: Arc<Call>,
    framing: Framing,
    ended: bool,
    /// The end of the only message.
    last: Option<Frame<Bytes>>,
    permit: Option<Pin<Box<dyn Future<Output = Option<Permit>> + Send>>>,
}

/// A response's body, which keeps the call alive until it is sent or given up.
pub(super) struct ResponseBody {
    answer: Answer,
    call: Arc<Call>,
    sent: usize,
}

/// What is sent.
pub(super) enum Answer {
    /// All of it at once.
    Encoded { data: Bytes, trailers: Option<HeaderMap> },
    /// As it comes.
    Streamed(Body),
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
        let framing = Framing::default();
        Self { inner, call, framing, ended: false, last: None, permit: None }
    }

    /// The next bytes, unless they end the only message, or the end.
    fn poll_inner(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => frame,
                // The caller is gone or broke the protocol: nobody will read this.
                Some(Err(_)) => {
                    self.call.abandon();
                    return Poll::Ready(Some(Err(Status::cancelled("request cut short"))));
                }
            };
            // gRPC gives trailers of requests no meaning.
            let Some(chunk) = frame.data_ref().filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            if self.last.is_some() {
                return Poll::Ready(Some(Err(more_than_one())));
            }
            self.framing.follow(chunk, |length| self.call.admit(length))?;
            self.call.receive(chunk.len())?;
            if !self.call.runs_function() || self.framing.is_amid_message() {
                return Poll::Ready(Some(Ok(frame)));
            }
            self.last = Some(frame);
        }
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
        if !this.ended {
            if let Some(frame) = ready!(this.poll_inner(context)) {
                return Poll::Ready(Some(frame));
            }
            this.ended = true;
        }
        if this.last.is_some() {
            let wait = || Box::pin(this.call.wait_for_work()) as _;
            let permit = this.permit.get_or_insert_with(wait);
            this.call.begin_work(ready!(permit.as_mut().poll(context)));
        }
        Poll::Ready(this.last.take().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.last.is_none() && self.inner.is_end_stream()
    }
}

impl Framing {
    /// Whether a message or its prefix has begun and not ended.
    fn is_amid_message(&self) -> bool {
        self.filled > 0 || self.remaining > 0
    }

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

impl Answer {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self {
            Self::Encoded { data, .. } if !data.is_empty() => {
                let chunk = data.split_to(data.len().min(CHUNK_LENGTH));
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Self::Encoded { trailers, .. } => {
                Poll::Ready(trailers.take().map(Frame::trailers).map(Ok))
            }
            Self::Streamed(body) => Pin::new(body).poll_frame(context),
        }
    }
}

impl ResponseBody {
    pub(super) fn new(answer: Answer, call: Arc<Call>) -> Self {
        Self { answer, call, sent: 0 }
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
        let frame = ready!(this.answer.poll_frame(context));
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
        match &self.answer {
            Answer::Encoded { data, trailers } => data.is_empty() && trailers.is_none(),
            Answer::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.answer {
            // Known, but gRPC has no use for a content-length.
            Answer::Encoded { .. } => SizeHint::default(),
            Answer::Streamed(body) => body.size_hint(),
        }
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
