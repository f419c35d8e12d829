//! The few requests of the OCI distribution specification that packages need.
//!
//! Whatever answers is not trusted: it is read only so far and waited for only so long, content is
//! what its digest says or an error, and nothing is said in the clear to another machine, wherever
//! a registry refers to.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    WWW_AUTHENTICATE,
};
use reqwest::{Method, RequestBuilder, StatusCode, Url, redirect};
use serde::Deserialize;
use tokio::runtime::Runtime;

use super::super::oci::{DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, INDEX, MANIFEST};
use super::super::reference::{Reference, is_loopback};
use super::super::{MAX_MANIFEST_BYTES, digest, is_digest, plain, size};
use super::credentials::{self, Login};

/// How long a registry may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an exchange may take besides what its bytes take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes a second below which a connection is given up.
const SLOWEST: u64 = 64 << 10;

/// Bytes of tokens and refusals that are read.
const MAX_WORDS: u64 = 1 << 20;

/// References from one to the next that are followed.
const MAX_REDIRECTS: usize = 10;

/// One repository of a registry. Problems are rests of sentences.
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Runtime,
    /// The registry as it was named.
    registry: String,
    repository: String,
    /// What all of its paths begin with.
    root: Url,
    login: Option<Login>,
    authorization: Option<HeaderValue>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// Where it comes from in the end.
    url: Url,
    /// No more than was asked for, and a little.
    body: Vec<u8>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Client {
    /// Says who asks, where the registry wants to know. `actions` are `pull` or `pull,push`.
    pub(super) fn log_in(reference: &Reference, actions: &str) -> Result<Self, String> {
        let scheme = if reference.is_loopback() { "http" } else { "https" };
        let root = Url::parse(&format!("{scheme}://{}/v2/", reference.host()))
            .map_err(|error| format!("{} is no host: {error}", reference.registry()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let mut client = Self {
            http: http(&root).map_err(|error| cause(&error))?,
            runtime,
            registry: reference.registry().to_owned(),
            repository: reference.repository().to_owned(),
            root,
            login: credentials::find(reference)?,
            authorization: None,
        };
        client.authorization = client.authorize(actions)?;
        Ok(client)
    }

    /// What requests are to be sent with.
    fn authorize(&self, actions: &str) -> Result<Option<HeaderValue>, String> {
        let answer = self.exchange(self.http.get(self.root.clone()), 0, MAX_WORDS)?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return self.accepted(answer).map(|_| None);
        }
        let (mut realm, mut basic) = (None, false);
        for header in answer.headers.get_all(WWW_AUTHENTICATE) {
            let challenges =
                header.to_str().ok().and_then(|text| http_auth::parse_challenges(text).ok());
            for challenge in
                challenges.ok_or_else(|| self.strange("its challenge cannot be read"))?
            {
                let parameter = |wanted: &str| {
                    let mut parameters = challenge.params.iter();
                    parameters
                        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                        .map(|(_, value)| value.to_unescaped())
                };
                basic |= challenge.scheme.eq_ignore_ascii_case("basic");
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    realm = parameter("realm").map(|realm| (realm, parameter("service")));
                }
            }
        }
        match (realm, &self.login) {
            (Some((realm, service)), _) => self.token(&realm, service, actions).map(Some),
            (None, Some(login)) if basic => Ok(Some(login.header())),
            (None, None) if basic => Err(self.unauthorized("")),
            (None, _) => Err(self.strange("its challenge is neither Basic nor Bearer")),
        }
    }

    fn token(
        &self,
        realm: &str,
        service: Option<String>,
        actions: &str,
    ) -> Result<HeaderValue, String> {
        let mut url =
            Url::parse(realm).map_err(|_| self.strange("its token service has no address"))?;
        self.follow(&url)?;
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", &service);
        }
        let scope = format!("repository:{}:{actions}", self.repository);
        url.query_pairs_mut().append_pair("scope", &scope);
        let mut request = self.http.get(url);
        if let Some(login) = &self.login {
            request = request.header(AUTHORIZATION, login.header());
        }
        let answer = self.accepted(self.exchange(request, 0, MAX_WORDS)?)?;
        if answer.body.len() as u64 > MAX_WORDS {
            return Err(self.strange(&format!("its token has more than {}", size(MAX_WORDS))));
        }
        let useless = || self.strange("its token cannot be used");
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| useless())?;
        let token = token.token.or(token.access_token).ok_or_else(useless)?;
        let mut header =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| useless())?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// The content of a manifest or an index, by tag or digest, with its digest.
    pub(super) fn manifest(&self, name: &str) -> Result<(Vec<u8>, String), String> {
        let accepted = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(", ");
        let request = self.request(Method::GET, self.url("manifests", name)?);
        let answer = self.exchange(request.header(ACCEPT, accepted), 0, MAX_MANIFEST_BYTES)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(format!("{} has no such package", self.registry));
        }
        let content = self.accepted(answer)?.body;
        if content.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(format!("its manifest has more than {}", size(MAX_MANIFEST_BYTES)));
        }
        let digest = digest(&content);
        if is_digest(name) && name != digest {
            return Err(self.other_content(name));
        }
        Ok((content, digest))
    }

    /// The content of a manifest that an index names.
    pub(super) fn manifest_by_digest(&self, name: &str) -> Result<Vec<u8>, String> {
        self.check(name)?;
        self.manifest(name).map(|(content, _)| content)
    }

    /// Content by its descriptor.
    pub(super) fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, String> {
        let name = &descriptor.digest;
        self.check(name)?;
        if descriptor.size > limit {
            let (has, limit) = (size(descriptor.size), size(limit));
            return Err(format!("{name} has {has}, and at most {limit} are read"));
        }
        let request = self.request(Method::GET, self.url("blobs", name)?);
        let content = self.accepted(self.exchange(request, 0, descriptor.size)?)?.body;
        let length = content.len() as u64;
        if length != descriptor.size {
            let differs = if length < descriptor.size { "shorter" } else { "longer" };
            return Err(format!("{name} is {differs} than its manifest says"));
        }
        if digest(&content) != *name {
            return Err(self.other_content(name));
        }
        Ok(content)
    }

    /// Whether the repository has some content already.
    pub(super) fn has(&self, digest: &str) -> Result<bool, String> {
        let request = self.request(Method::HEAD, self.url("blobs", digest)?);
        let answer = self.exchange(request, 0, 0)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        self.accepted(answer).map(|_| true)
    }

    /// Pushes content: one request that asks where to, and one with all of it, which every
    /// registry understands.
    pub(super) fn push_blob(&self, digest: &str, content: &[u8]) -> Result<(), String> {
        let request = self.request(Method::POST, self.url("blobs", "uploads/")?);
        let answer = self.exchange(request.header(CONTENT_LENGTH, 0), 0, MAX_WORDS)?;
        let answer = self.accepted(answer)?;
        let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let mut url = location
            .and_then(|location| answer.url.join(location).ok())
            .ok_or_else(|| self.strange("it does not say where to upload to"))?;
        self.follow(&url)?;
        url.query_pairs_mut().append_pair("digest", digest);
        self.put(url, "application/octet-stream", content)
    }

    /// Pushes a manifest or an index, by tag or digest.
    pub(super) fn push_manifest(
        &self,
        name: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<(), String> {
        self.put(self.url("manifests", name)?, media_type, content)
    }

    fn put(&self, url: Url, media_type: &str, content: &[u8]) -> Result<(), String> {
        let request = self.request(Method::PUT, url).header(CONTENT_TYPE, media_type);
        let length = content.len() as u64;
        let answer = self.exchange(request.body(content.to_vec()), length, MAX_WORDS)?;
        self.accepted(answer).map(|_| ())
    }

    fn url(&self, kind: &str, name: &str) -> Result<Url, String> {
        let path = format!("{}/{kind}/{name}", self.repository);
        self.root.join(&path).map_err(|error| format!("{path} is no path: {error}"))
    }

    /// A request of whoever logged in, which others than the registry are not told.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let is_own = url.origin() == self.root.origin();
        let request = self.http.request(method, url);
        match &self.authorization {
            Some(authorization) if is_own => request.header(AUTHORIZATION, authorization),
            _ => request,
        }
    }

    /// Sends a request with so many bytes, and reads little more than `limit` of the answer.
    fn exchange(&self, request: RequestBuilder, sent: u64, limit: u64) -> Result<Answer, String> {
        let time = PATIENCE + Duration::from_secs((sent + limit) / SLOWEST);
        let exchange = async {
            let mut response = request.timeout(time).send().await?;
            let status = response.status();
            let limit = if status.is_success() { limit } else { MAX_WORDS };
            let mut body = Vec::new();
            while body.len() as u64 <= limit
                && let Some(chunk) = response.chunk().await?
            {
                body.extend_from_slice(&chunk);
            }
            let (headers, url) = (response.headers().clone(), response.url().clone());
            Ok(Answer { status, headers, url, body })
        };
        let host = &self.registry;
        self.runtime.block_on(exchange).map_err(|error: reqwest::Error| {
            if error.is_timeout() {
                format!("{host} takes too long")
            } else if error.is_redirect() {
                format!("{host} refers to {}", cause(&error))
            } else {
                format!("no answer from {host}: {}", cause(&error))
            }
        })
    }

    fn accepted(&self, answer: Answer) -> Result<Answer, String> {
        let host = &self.registry;
        let said = || match plain(&messages(&answer.body)) {
            message if message.is_empty() => message,
            message => format!(": {message}"),
        };
        match answer.status {
            status if status.is_success() => Ok(answer),
            StatusCode::UNAUTHORIZED => Err(self.unauthorized(&said())),
            StatusCode::FORBIDDEN => Err(format!("{host} forbids it (HTTP 403){}", said())),
            status => Err(format!("{host} answers HTTP {}{}", status.as_u16(), said())),
        }
    }

    fn unauthorized(&self, said: &str) -> String {
        let host = &self.registry;
        let reason = match self.login {
            None => "wants credentials, and there are none",
            Some(_) => "refuses the credentials",
        };
        format!("{host} {reason} in {}{said}; run `docker login {host}`", credentials::place())
    }

    fn follow(&self, url: &Url) -> Result<(), String> {
        let problem = unsafe_reference(&self.root, url);
        problem.map_or(Ok(()), |problem| Err(format!("{} refers to {problem}", self.registry)))
    }

    fn check(&self, name: &str) -> Result<(), String> {
        let problem = || self.strange(&format!("\"{}\" is no digest", plain(name)));
        is_digest(name).then_some(()).ok_or_else(problem)
    }

    fn strange(&self, problem: &str) -> String {
        format!("{} does not keep to the registry protocol: {problem}", self.registry)
    }

    fn other_content(&self, digest: &str) -> String {
        self.strange(&format!("what it serves as {digest} is something else"))
    }
}

/// A client that follows the references of the registry at `root`.
fn http(root: &Url) -> reqwest::Result<reqwest::Client> {
    let is_local = is_local(root);
    let root = root.clone();
    let policy = redirect::Policy::custom(move |attempt| {
        let problem = unsafe_reference(&root, attempt.url());
        match problem {
            Some(problem) => attempt.error(problem),
            None if attempt.previous().len() > MAX_REDIRECTS => {
                attempt.error("another place again and again")
            }
            None => attempt.follow(),
        }
    });
    let mut client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(policy)
        .referer(false)
        .user_agent(concat!("selfservice/", env!("CARGO_PKG_VERSION")));
    if is_local {
        // A proxy would be another machine, and not find this one.
        client = client.no_proxy();
    }
    client.build()
}

/// Why a reference of the registry at `root` is not followed, as the rest of a sentence.
fn unsafe_reference(root: &Url, url: &Url) -> Option<String> {
    let is_safe = url.scheme() == "https" || (is_local(root) && is_local(url));
    (!is_safe).then(|| {
        let place = plain(&format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()));
        format!("{place}, and only https is followed to other machines")
    })
}

/// Whether an address is plain HTTP on this machine, which nobody else can overhear.
fn is_local(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str().is_some_and(is_loopback)
}

/// The messages in a refusal, or its text.
fn messages(body: &[u8]) -> String {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(body) else {
        return String::from_utf8_lossy(body).into_owned();
    };
    let errors = document.get("errors").and_then(serde_json::Value::as_array);
    let messages = errors.into_iter().flatten().filter_map(|error| error.get("message")?.as_str());
    messages.collect::<Vec<_>>().join(", ")
}

/// The innermost cause, which is what somebody can do something about.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    plain(&innermost.to_string())
}
