//! Registries on loopback: one that keeps what it is given, and ones that refuse.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest as _, Sha256};

/// Type and content by path.
type Kept = BTreeMap<String, (String, Vec<u8>)>;

/// A registry, until the test ends.
pub(crate) struct Registry {
    pub(crate) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
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
    body: Vec<u8>,
}

impl Answer {
    fn of(status: u16, headers: &str) -> Self {
        Self { status, headers: headers.to_owned(), body: Vec::new() }
    }
}

impl Registry {
    /// Keeps what it is given.
    pub(crate) fn keeping() -> Self {
        Self::start(keep)
    }

    /// Gives every request the same answer.
    pub(crate) fn refusing(status: u16, headers: &'static str, body: &'static str) -> Self {
        Self::start(move |_, _| Answer {
            status,
            headers: headers.to_owned(),
            body: body.as_bytes().to_vec(),
        })
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

    fn start(answer: impl Fn(&mut Kept, &Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Mutex::new(BTreeMap::new()));
        let own = Arc::clone(&kept);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(request) = request(&stream) else { continue };
                let answer = answer(&mut own.lock().expect("no panic"), &request);
                let head = format!(
                    "HTTP/1.1 {} -\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n",
                    answer.status,
                    answer.body.len(),
                    answer.headers
                );
                // A client that has seen enough may be gone.
                let body = if request.method == "HEAD" { &[] } else { answer.body.as_slice() };
                let _ = stream.write_all(&[head.as_bytes(), body].concat());
            }
        });
        Self { address, kept }
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
                status: 200,
                headers: format!("Content-Type: {content_type}\r\n"),
                body: body.clone(),
            },
            None => Answer {
                status: 404,
                headers: String::new(),
                body:
                    br#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}"#
                        .to_vec(),
            },
        },
    }
}
