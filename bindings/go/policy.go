package boundtoken

import (
	"slices"

	"boundtoken.dev/go/internal/record"
)

// Policy says whether a caller is allowed, among those whose tokens were accepted. The middleware answers 403 to others.
//
// If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them count. Name the cluster as
// well, by [AllowIssuers].
//
//	policy := boundtoken.AnyOf(
//		boundtoken.AllowServiceAccount("demo", "app"),
//		boundtoken.AllOf(boundtoken.AllowNamespaces("monitoring"), boundtoken.AllowConfirmedLive()),
//	)
type Policy func(caller *Token) bool

// AllowNamespaces allows every service account of these namespaces.
func AllowNamespaces(namespaces ...string) Policy {
	namespaces = slices.Clone(namespaces)
	return func(caller *Token) bool { return slices.Contains(namespaces, caller.Namespace()) }
}

// AllowServiceAccount allows one service account.
func AllowServiceAccount(namespace, name string) Policy {
	return func(caller *Token) bool {
		return caller.Namespace() == namespace && caller.record.Text(record.ServiceAccountName) == name
	}
}

// AllowAudiences allows callers whose token was accepted for one of these audiences. It is meant for a verifier that accepts
// several.
func AllowAudiences(audiences ...string) Policy {
	audiences = slices.Clone(audiences)
	return func(caller *Token) bool { return slices.ContainsFunc(audiences, caller.hasMatched) }
}

// AllowNodes allows callers whose token is bound to one of these nodes, or to a pod on it.
func AllowNodes(names ...string) Policy {
	names = slices.Clone(names)
	return func(caller *Token) bool {
		node, named := caller.Node()
		return named && slices.Contains(names, node.Name)
	}
}

// AllowIssuers allows callers of these issuers, by their labels. An issuer without a label has its name as label.
func AllowIssuers(labels ...string) Policy {
	labels = slices.Clone(labels)
	return func(caller *Token) bool { return slices.Contains(labels, caller.IssuerLabel()) }
}

// AllowAPIGroups allows callers whose token attests one of these API groups, or "*" for all groups.
func AllowAPIGroups(groups ...string) Policy {
	if len(groups) == 0 {
		return AnyOf()
	}
	groups = append(slices.Clone(groups), "*")
	return func(caller *Token) bool {
		for i := range caller.record.Len(record.AttestedAPIGroups) {
			if slices.Contains(groups, caller.record.TextOf(record.AttestedAPIGroups, i)) {
				return true
			}
		}
		return false
	}
}

// AllowConfirmedLive allows callers whose bound objects are known to exist. It is meant for a verifier that accepts tokens
// without this knowledge too.
func AllowConfirmedLive() Policy {
	return func(caller *Token) bool { return caller.Confirmed() == ConfirmedLive }
}

// AnyOf allows callers that at least one of the policies allows. Without a policy it allows nobody.
func AnyOf(policies ...Policy) Policy {
	policies = slices.Clone(policies)
	return func(caller *Token) bool {
		return slices.ContainsFunc(policies, func(policy Policy) bool { return policy(caller) })
	}
}

// AllOf allows callers that each of the policies allows. Without a policy it allows nobody: a list that is empty by mistake
// must not open the door.
func AllOf(policies ...Policy) Policy {
	policies = slices.Clone(policies)
	return func(caller *Token) bool {
		refuses := func(policy Policy) bool { return !policy(caller) }
		return len(policies) > 0 && !slices.ContainsFunc(policies, refuses)
	}
}

// Not allows the callers that the policy does not allow.
func Not(policy Policy) Policy {
	return func(caller *Token) bool { return !policy(caller) }
}
