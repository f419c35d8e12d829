//! `Resource`: one entry of a `State`, its object undecoded.

use std::collections::BTreeMap;
use std::fmt;

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};

use super::Struct;

/// Field numbers of `Resource`.
const RESOURCE: u32 = 1;
const CONNECTION_DETAILS: u32 = 2;
const READY: u32 = 3;

/// A composite or composed resource.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// The Kubernetes object.
    pub resource: Struct,
    /// Connection details. Secret: never print or log the values.
    pub connection_details: BTreeMap<String, Bytes>,
    /// Whether a function judged it ready.
    pub ready: Ready,
}

/// What functions say of a resource's readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Ready {
    /// No function judged yet.
    #[default]
    Unspecified = 0,
    /// Ready.
    True = 1,
    /// Not ready.
    False = 2,
}

/// Prints no content: it may be secret.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("resource", &self.resource)
            .field("connection_details", &self.connection_details.keys())
            .field("ready", &self.ready)
            .finish()
    }
}

impl Message for Resource {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        if !self.resource.is_empty() {
            encoding::message::encode(RESOURCE, &self.resource, buf);
        }
        encoding::btree_map::encode(
            encoding::string::encode,
            encoding::string::encoded_len,
            encoding::bytes::encode,
            encoding::bytes::encoded_len,
            CONNECTION_DETAILS,
            &self.connection_details,
            buf,
        );
        if self.ready != Ready::Unspecified {
            encoding::int32::encode(READY, &(self.ready as i32), buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            RESOURCE => {
                let mut body = Bytes::new();
                encoding::bytes::merge(wire_type, &mut body, buf, context)?;
                match self.resource.extend(&body) {
                    Ok(()) => Ok(()),
                    // Fails with prost's own error, which has no public constructor.
                    Err(_) => encoding::decode_varint(&mut Bytes::new()).map(drop),
                }
            }
            CONNECTION_DETAILS => encoding::btree_map::merge(
                encoding::string::merge,
                encoding::bytes::merge,
                &mut self.connection_details,
                buf,
                context,
            ),
            READY => {
                let mut ready = 0;
                encoding::int32::merge(wire_type, &mut ready, buf, context)?;
                self.ready = match ready {
                    1 => Ready::True,
                    2 => Ready::False,
                    _ => Ready::Unspecified,
                };
                Ok(())
            }
            _ => encoding::skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let resource = if self.resource.is_empty() {
            0
        } else {
            encoding::message::encoded_len(RESOURCE, &self.resource)
        };
        let ready = match self.ready {
            Ready::Unspecified => 0,
            ready => encoding::int32::encoded_len(READY, &(ready as i32)),
        };
        let details = encoding::btree_map::encoded_len(
            encoding::string::encoded_len,
            encoding::bytes::encoded_len,
            CONNECTION_DETAILS,
            &self.connection_details,
        );
        resource + details + ready
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
