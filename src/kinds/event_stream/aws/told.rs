//! What documents tell of streams on Amazon MSK.

use serde_json::{Value as Json, json};

use super::super::Tenancy;
use super::settings::{Settings, Size};
use crate::kinds::told::{Choice, Fact, code, codes};

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &Size) -> Vec<Fact> {
        let mut facts = vec![("partitions", size.partitions.to_string())];
        if self.dedicated.is_some() {
            facts.push(("brokers, if dedicated", code(&size.broker_type)));
            facts.push(("disk of each broker", format!("{} GiB", size.volume_gb)));
        }
        facts
    }

    /// What every stream has.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        if self.dedicated.is_some() {
            facts.push((
                "highly available, if dedicated",
                "three brokers in three zones".to_owned(),
            ));
            facts.push(("otherwise", "two brokers in two zones".to_owned()));
        }
        facts.push(("copies of each partition", self.replication_factor.to_string()));
        let safe = self.min_insync_replicas.to_string();
        facts.push(("copies that make an event safe", safe));
        facts
    }

    /// What a parameter may be.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        Some(match parameter {
            "partitions" => Choice::number(self.partitions_range(), "the size's"),
            "retentionHours" => {
                Choice::number(self.retention_hours, self.retention_hours.default.to_string())
            }
            "tenancy" => {
                let omitted = match self.shared {
                    Some(_) => "`shared`",
                    None => "`shared`, which is refused here",
                };
                Choice::new(codes(self.tenancies().into_iter().map(Tenancy::name)), omitted)
            }
            _ => return None,
        })
    }

    /// Name and parameters of an example.
    pub fn example(&self) -> (&'static str, Json) {
        let tenancy = self.shared.is_none().then_some("dedicated");
        let parameters = json!({
            "tenancy": tenancy,
            "retentionHours": self.retention_hours.default,
            "access": {"produce": true, "consumerGroups": ["billing", "search-index"]},
        });
        ("order-events", parameters)
    }
}
