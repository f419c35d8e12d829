//! Registries on loopback: one that keeps what it is given, and ones that refuse.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest as _, Sha256};

/// Type and content by path.
type Kept = BTreeMap<String, (String, Vec<u8>)>;

/// A registry, until the test ends.
pub(crate) struct Registry {
    pub(crate) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    /// Bytes of endless answers that went out.
    streamed: Arc<AtomicUsize>,
}

struct Request {
    method: String,
    path: String,
    content_type: String,
    authorization: String,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: String,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    /// Spaces until the client has enough.
    Endless,
}

impl Answer {
    fn of(status: u16, headers: &str) -> Self {
        Self { status, headers: headers.to_owned(), body: Body::Whole(Vec::new()) }
    }

    fn with(mut self, body: &str) -> Self {
        self.body = Body::Whole(body.as_bytes().to_vec());
        self
    }
}

impl Registry {
    /// Keeps what it is given.
    pub(crate) fn keeping() -> Self {
        Self::start(keep)
    }

    /// Gives every request the same answer.
    pub(crate) fn refusing(status: u16, headers: &'static str, body: &'static str) -> Self {
        Self::start(move |_, _| Answer::of(status, headers).with(body))
    }

    /// Keeps what `user:secret` gives it; others are asked who they are.
    pub(crate) fn private() -> Self {
        Self::start(|kept, request| {
            // printf user:secret | base64
            if request.authorization == "Basic dXNlcjpzZWNyZXQ=" {
                keep(kept, request)
            } else {
                Answer::of(401, "WWW-Authenticate: Basic realm=\"test\"\r\n")
            }
        })
    }

    /// Keeps what it is given but for requests that begin so (`GET /v2/a`), which it gives an
    /// answer of its own.
    pub(crate) fn keeping_but(
        beginning: &'static str,
        status: u16,
        headers: &'static str,
        body: &'static str,
    ) -> Self {
        Self::start(move |kept, request| {
            if format!("{} {}", request.method, request.path).starts_with(beginning) {
                Answer::of(status, headers).with(body)
            } else {
                keep(kept, request)
            }
        })
    }

    /// Keeps what it is given, but answers without end where a path begins so.
    pub(crate) fn endless(beginning: &'static str, status: u16) -> Self {
        Self::start(move |kept, request| {
            if request.path.starts_with(beginning) {
                Answer { body: Body::Endless, ..Answer::of(status, "") }
            } else {
                keep(kept, request)
            }
        })
    }

    /// Keeps what comes with the token that its service gives for `user:secret` and one scope.
    pub(crate) fn of_tokens(scope: &'static str) -> Self {
        let scope = scope.replace(':', "%3A").replace('/', "%2F").replace(',', "%2C");
        Self::start_at(move |address, kept, request| {
            if request.path == format!("/token?service=a+registry&scope={scope}") {
                if request.authorization == "Basic dXNlcjpzZWNyZXQ=" {
                    return Answer::of(200, "").with(r#"{"token": "abc"}"#);
                }
                return Answer::of(401, "").with(r#"{"errors": [{"message": "who?"}]}"#);
            }
            if request.authorization == "Bearer abc" {
                return keep(kept, request);
            }
            let challenge =
                format!("Bearer realm=\"http://{address}/token\",service=\"a registry\"");
            Answer::of(401, &format!("WWW-Authenticate: {challenge}\r\n"))
        })
    }

    /// Its token service answers this, or without end.
    pub(crate) fn with_token(answer: Option<&'static str>) -> Self {
        Self::start_at(move |address, _, request| match (request.path.as_str(), answer) {
            ("/v2/", _) => {
                let challenge = format!("Bearer realm=\"http://{address}/token\"");
                Answer::of(401, &format!("WWW-Authenticate: {challenge}\r\n"))
            }
            (_, Some(answer)) => Answer::of(200, "").with(answer),
            (_, None) => Answer { body: Body::Endless, ..Answer::of(200, "") },
        })
    }

    fn start(answer: impl Fn(&mut Kept, &Request) -> Answer + Send + 'static) -> Self {
        Self::start_at(move |_, kept, request| answer(kept, request))
    }

    fn start_at(
        answer: impl Fn(SocketAddr, &mut Kept, &Request) -> Answer + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Mutex::new(BTreeMap::new()));
        let streamed = Arc::new(AtomicUsize::new(0));
        let own = (Arc::clone(&kept), Arc::clone(&streamed));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(request) = request(&stream) else { continue };
                let Answer { status, mut headers, body } =
                    answer(address, &mut own.0.lock().expect("no panic"), &request);
                if let Body::Whole(body) = &body {
                    headers.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                let head = format!("HTTP/1.1 {status} -\r\nConnection: close\r\n{headers}\r\n");
                // A client that has seen enough may be gone.
                let _ = stream.write_all(head.as_bytes());
                match body {
                    _ if request.method == "HEAD" => {}
                    Body::Whole(body) => drop(stream.write_all(&body)),
                    Body::Endless => {
                        let spaces = vec![b' '; 1 << 16];
                        while stream.write_all(&spaces).is_ok() {
                            own.1.fetch_add(1 << 16, Ordering::Relaxed);
                        }
                    }
                }
            }
        });
        Self { address, kept, streamed }
    }

    /// Bytes of endless answers that went out.
    pub(crate) fn streamed(&self) -> usize {
        self.streamed.load(Ordering::Relaxed)
    }

    /// What is kept under a path, and its type.
    pub(crate) fn kept(&self, path: &str) -> (String, Vec<u8>) {
        self.kept.lock().expect("no panic").get(path).expect(path).clone()
    }

    /// Keeps something that nobody pushed.
    pub(crate) fn plant(&self, path: &str, content_type: &str, content: &[u8]) {
        let content = (content_type.to_owned(), content.to_vec());
        self.kept.lock().expect("no panic").insert(path.to_owned(), content);
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.kept.lock().expect("no panic").keys().cloned().collect()
    }
}

fn request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut request = Request {
        method,
        path,
        content_type: String::new(),
        authorization: String::new(),
        body: Vec::new(),
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "content-type" => value.clone_into(&mut request.content_type),
            "authorization" => value.clone_into(&mut request.authorization),
            _ => {}
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// What the distribution specification asks of a registry for one push and one pull.
fn keep(kept: &mut Kept, request: &Request) -> Answer {
    let Request { method, path, content_type, body, .. } = request;
    match method.as_str() {
        "POST" => Answer::of(202, &format!("Location: {path}1\r\n")),
        "PUT" => {
            let digest = format!("sha256:{:x}", Sha256::digest(body));
            let place = match path.split_once("uploads/") {
                Some((blobs, session)) => {
                    let asked = session.rsplit_once("digest=").expect("a digest").1;
                    assert_eq!(asked.replace("%3A", ":"), digest, "pushed whole");
                    format!("{blobs}{digest}")
                }
                None => path.clone(),
            };
            let content = (content_type.clone(), body.clone());
            if let Some((manifests, _)) = path.split_once("manifests/") {
                kept.insert(format!("{manifests}manifests/{digest}"), content.clone());
            }
            kept.insert(place.clone(), content);
            Answer::of(201, &format!("Location: {place}\r\n"))
        }
        _ if path == "/v2/" => Answer::of(200, ""),
        _ => match kept.get(path) {
            Some((content_type, body)) => Answer {
                body: Body::Whole(body.clone()),
                ..Answer::of(200, &format!("Content-Type: {content_type}\r\n"))
            },
            None => Answer::of(404, "").with(
                r#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}"#,
            ),
        },
    }
}
