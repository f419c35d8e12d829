//! How an application gets in: a role of its own, made with the administrator's password, which
//! stays in the platform's namespace.
//!
//! provider-sql deletes nothing here ([`Lifetime::Forever`]): a Grant that is deleted together
//! with its Database hangs for ever, and an instance that goes first leaves objects whose
//! finalizer nobody can remove. With the instance, all of them are gone anyway.

use crate::backends::cluster::Shows;
use crate::backends::managed::{Lifetime, ManagedResource, SQL_CONFIG, Type};
use crate::backends::stages::{Lack, stage};
use crate::backends::{Operator, Order};
use crate::claim::Flavour;
use crate::credentials::{self, Binding};
use crate::manifest::Node;
use crate::observed::Sensitive;
use crate::outcome::Plan;
use crate::{list, object};

const ROLE: Type = Type::postgresql("Role");
const DATABASE: Type = Type::postgresql("Database");
const GRANT: Type = Type::postgresql("Grant");
const EXTENSION: Type = Type::postgresql("Extension");

const MASTER_SECRET: &str = "master-secret";
const APPLICATION: &str = "role";

/// Name of the application's role: a server has one application.
const ROLE_NAME: &str = "app";

/// What an application is to reach.
pub(super) struct Application<'a> {
    /// Host name of the server, once AWS reports it.
    pub(super) address: Option<&'a str>,
    pub(super) port: i64,
    /// ARN of the administrator's secret, once AWS reports it.
    pub(super) master_secret: Option<&'a str>,
    pub(super) database: &'a str,
    /// Connections that it may have open.
    pub(super) connections: i64,
    pub(super) extensions: &'a [String],
}

/// Composes as many stages as can be, and delivers the credentials after the last one.
pub(super) fn give(order: &Order<'_>, plan: &mut Plan, application: &Application<'_>) {
    let stages = [
        master_secret(order, plan, application),
        configuration(order, plan),
        objects(order, plan, application),
    ];
    if let (Some(address), Some(login)) = (application.address, login(order)) {
        deliver(order, plan, application, address, &login);
        return;
    }
    let lack = stages.into_iter().find_map(Result::err);
    let lack = lack.unwrap_or_else(|| without_login(order));
    credentials::wait(order, plan, lack.credentials_wait());
}

/// What is lacking when every stage is composed and nobody knows how to log in.
fn without_login(order: &Order<'_>) -> Lack {
    // provider-sql tells the password of a role that it makes, and of no role that it finds.
    if order.observed.is_ready(&order.key(APPLICATION)) {
        return Lack::new(
            "PasswordUnknown",
            format!(
                "the password of the application's role, which nobody knows any more; contact {}",
                order.offering.platform.contact
            ),
        );
    }
    Lack::new(
        "WaitingForRole",
        "the application's role in the database, which provider-sql creates",
    )
}

fn provider_sql(order: &Order<'_>) -> Result<(), Lack> {
    order.operator(Operator::ProviderSql, &[SQL_CONFIG, APPLICATION])
}

fn carrier(order: &Order<'_>) -> Result<(), Lack> {
    order.carrier(&[MASTER_SECRET, SQL_CONFIG])
}

/// The administrator's password, copied from RDS's own secret to the platform's namespace.
fn master_secret(
    order: &Order<'_>,
    plan: &mut Plan,
    application: &Application<'_>,
) -> Result<(), Lack> {
    let server = order
        .operator(Operator::ExternalSecrets, &[MASTER_SECRET])
        .and_then(|()| carrier(order))
        .and_then(|()| {
            application.address.zip(application.master_secret).ok_or_else(|| {
                Lack::new(
                    "WaitingForServer",
                    "the server's address and its administrator's secret, which AWS reports when \
                     the server is created",
                )
            })
        });
    stage(order, plan, [MASTER_SECRET], server, |plan, (address, arn)| {
        let manifest = external_secret(order, address, application.port, arn);
        order.carry(plan, MASTER_SECRET, Shows::Condition, manifest);
    })
}

fn external_secret(order: &Order<'_>, address: &str, port: i64, arn: &str) -> Node {
    let name = order.platform_object_name(MASTER_SECRET);
    let entry = |property: &'static str| {
        object! {
            secretKey: property,
            remoteRef: object! { key: arn.to_owned(), property: property },
        }
    };
    object! {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: object! { name: &name, namespace: &order.offering.platform.namespace },
        spec: object! {
            // RDS rotates the password: provider-sql has the new one within this time.
            refreshInterval: "15m",
            secretStoreRef: object! {
                kind: "ClusterSecretStore",
                name: &order.aws().secret_store.name,
            },
            target: object! {
                name: &name,
                creationPolicy: "Owner",
                deletionPolicy: "Retain",
                template: object! {
                    data: object! {
                        endpoint: address.to_owned(),
                        port: port.to_string(),
                        username: "{{ .username }}",
                        password: "{{ .password }}",
                    },
                },
            },
            data: list![entry("username"), entry("password")],
        },
    }
}

/// provider-sql's configuration: the server, and the administrator's Secret.
fn configuration(order: &Order<'_>, plan: &mut Plan) -> Result<(), Lack> {
    let ready = provider_sql(order).and_then(|()| carrier(order)).and_then(|()| {
        let copied = order.observed.is_ready(&order.key(MASTER_SECRET));
        if copied || order.exists(SQL_CONFIG) {
            return Ok(());
        }
        Err(Lack::new(
            "WaitingForAdministrator",
            "the administrator's password to arrive in the platform's namespace",
        ))
    });
    stage(order, plan, [SQL_CONFIG], ready, |plan, ()| {
        let (type_, kind) = match order.claim.flavour {
            Flavour::Namespaced => {
                (Type::postgresql("ClusterProviderConfig"), "ClusterProviderConfig")
            }
            Flavour::Claims => (Type::postgresql("ProviderConfig"), "ProviderConfig"),
        };
        let manifest = object! {
            apiVersion: type_.api_version(order.claim.flavour),
            kind: kind,
            metadata: object! { name: order.platform_object_name(SQL_CONFIG) },
            spec: object! {
                // The server's name is AWS's and its certificate authority not in the
                // provider's image: encrypted, within the VPC, but not verified.
                sslMode: "require",
                credentials: object! {
                    source: "PostgreSQLConnectionSecret",
                    connectionSecretRef: object! {
                        name: order.platform_object_name(MASTER_SECRET),
                        namespace: &order.offering.platform.namespace,
                    },
                    secretKeyMapping: object! {
                        endpoint: "endpoint",
                        port: "port",
                        username: "username",
                        password: "password",
                    },
                },
            },
        };
        order.carry(plan, SQL_CONFIG, Shows::Existence, manifest);
    })
}

/// What provider-sql makes in the server.
fn objects(order: &Order<'_>, plan: &mut Plan, application: &Application<'_>) -> Result<(), Lack> {
    let extensions: Vec<String> =
        application.extensions.iter().map(|name| format!("extension-{name}")).collect();
    let parts = [APPLICATION, "database", "grant-database", "grant-schema"]
        .into_iter()
        .chain(extensions.iter().map(String::as_str));
    let ready = provider_sql(order).and_then(|()| {
        if order.exists(SQL_CONFIG) || order.exists(APPLICATION) {
            return Ok(());
        }
        Err(Lack::new("WaitingForConfiguration", "provider-sql's access to the server"))
    });
    stage(order, plan, parts, ready, |plan, ()| {
        let make = |kind, part: &str, external_name, for_provider| ManagedResource {
            kind,
            part: part.to_owned(),
            external_name,
            lifetime: Lifetime::Forever,
            for_provider,
        };
        let role = object! {
            privileges: object! { login: true },
            connectionLimit: application.connections,
        };
        order.manage_publishing(plan, make(ROLE, APPLICATION, Some(ROLE_NAME.to_owned()), role));
        let database = application.database;
        order.manage(plan, make(DATABASE, "database", Some(database.to_owned()), object! {}));
        let role = order.living_external_name(&order.key(APPLICATION), ROLE_NAME.to_owned());
        let grant = object! {
            role: &role,
            database: database.to_owned(),
            privileges: list!["CONNECT", "CREATE", "TEMPORARY"],
            revokePublicOnDb: true,
        };
        order.manage(plan, make(GRANT, "grant-database", None, grant));
        let grant = object! {
            role: role,
            database: database.to_owned(),
            schema: "public",
            privileges: list!["USAGE", "CREATE"],
        };
        order.manage(plan, make(GRANT, "grant-schema", None, grant));
        for (name, part) in application.extensions.iter().zip(&extensions) {
            let extension = object! { database: database.to_owned(), extension: name };
            order.manage(plan, make(EXTENSION, part, None, extension));
        }
    })
}

/// Name and password of the application's role: provider-sql tells the password once. Should
/// its Secret be lost, the delivered one still knows.
fn login(order: &Order<'_>) -> Option<(Sensitive, Sensitive)> {
    let observed = order.observed;
    let role = order.key(APPLICATION);
    let delivered = order.claim.kind.credentials_key();
    observed.connection(&role, "username").zip(observed.connection(&role, "password")).or_else(
        || {
            observed
                .secret_value(&delivered, "username")
                .zip(observed.secret_value(&delivered, "password"))
        },
    )
}

fn deliver(
    order: &Order<'_>,
    plan: &mut Plan,
    application: &Application<'_>,
    host: &str,
    login: &(Sensitive, Sensitive),
) {
    let (port, database) = (application.port, application.database);
    let username = login.0.expose_text().unwrap_or_default();
    let password = login.1.expose_text().unwrap_or_default();
    let certificates = order.aws().rds_certificates.as_ref();
    // Without the certificates of RDS's authorities a client can verify nobody.
    let sslmode = match certificates {
        Some(_) => "verify-full",
        None => "require",
    };
    let encode = credentials::percent_encode;
    let (user, secret) = (encode(username), encode(password));
    let server = format!("{host}:{port}/{}", encode(database));
    let mut entries = vec![
        ("host", host.to_owned()),
        ("port", port.to_string()),
        ("database", database.to_owned()),
        ("username", username.to_owned()),
        ("password", password.to_owned()),
        ("sslmode", sslmode.to_owned()),
        ("uri", format!("postgresql://{user}:{secret}@{server}?sslmode={sslmode}")),
        (
            "jdbc-uri",
            format!("jdbc:postgresql://{server}?user={user}&password={secret}&sslmode={sslmode}"),
        ),
    ];
    entries.extend(certificates.map(|certificates| ("ca.crt", certificates.clone())));
    credentials::deliver(order, plan, Binding { kind: "postgresql", entries });
}
