//! The argument that says who may attest API groups.

use std::str::FromStr;

use boundtoken::ObjectReference;

/// One service account that may attest one API group, or every group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayAttest {
    namespace: String,
    name: String,
    group: Option<String>,
}

impl MayAttest {
    pub fn allows(&self, account: &ObjectReference<'_>, group: &str) -> bool {
        (account.namespace, account.name) == (self.namespace.as_str(), self.name.as_str())
            && self.group.as_deref().is_none_or(|own| own == group)
    }
}

impl FromStr for MayAttest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "give NAMESPACE/NAME or NAMESPACE/NAME=GROUP, such as demo/app=apps";

        let (account, group) = match text.split_once('=') {
            Some((_, "")) => return Err(FORM),
            Some((account, group)) => (account, Some(group.to_owned())),
            None => (text, None),
        };
        match account.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), group })
            }
            _ => Err(FORM),
        }
    }
}

#[cfg(test)]
mod tests {
    use boundtoken::ObjectKind;

    use super::*;

    #[test]
    fn an_account_may_attest_what_the_argument_says_and_no_other_may() {
        for (text, name, group, allowed) in [
            ("demo/app", "app", "apps", true),
            ("demo/app", "app", "*", true),
            ("demo/app", "other", "apps", false),
            ("demo/app=apps", "app", "apps", true),
            ("demo/app=apps", "app", "*", false),
            ("demo/app=*", "app", "apps", false),
        ] {
            let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name };
            assert_eq!(text.parse::<MayAttest>().unwrap().allows(&account, group), allowed, "{text} {group}");
        }
        for bad in ["", "app", "/app", "demo/", "demo/app=", "a/b/c", "=apps"] {
            assert!(bad.parse::<MayAttest>().is_err(), "{bad}");
        }
    }
}
