//! `kubectl auth`.

use super::Kubectl;

#[test]
fn everything_is_allowed() {
    let Some(kubectl) = Kubectl::start("access") else { return };
    assert_eq!(kubectl.ok("auth can-i create pods"), "yes\n");
    assert_eq!(kubectl.ok("auth can-i get /healthz"), "yes\n");
    let list = kubectl.ok("auth can-i --list");
    let rules: Vec<_> =
        list.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(rules, [vec!["*.*", "[]", "[]", "[*]"], vec!["[*]", "[]", "[*]"]], "{list}");
    kubectl.ok("create serviceaccount app");
    let token = kubectl.ok("create token app");
    assert_eq!(kubectl.ok(&format!("auth can-i delete secrets --token {token} -q")), "");
}
