package boundtoken

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"boundtoken.dev/go/internal/record"
)

// Confirmed says whether the objects that a token is bound to exist.
type Confirmed uint32

// String returns "live", "notChecked", "unavailable" or "stale".
func (c Confirmed) String() string {
	switch c {
	case ConfirmedLive:
		return "live"
	case ConfirmedNotChecked:
		return "notChecked"
	case ConfirmedUnavailable:
		return "unavailable"
	case ConfirmedStale:
		return "stale"
	}
	return fmt.Sprintf("Confirmed(%d)", uint32(c))
}

// Token is an accepted token: its claims, and whether its bound objects were confirmed. It does not contain the token
// itself: nobody can authenticate with it.
//
// It is immutable, and safe for concurrent use. Every text and list that it returns is the caller's.
type Token struct {
	record record.Record
}

// Issuer returns the claim iss.
func (t *Token) Issuer() string { return t.record.Text(record.Issuer) }

// IssuerLabel returns the verifier's label for the issuer. It says which cluster the token belongs to. An issuer without a
// label has its name as label.
func (t *Token) IssuerLabel() string { return t.record.Text(record.IssuerLabel) }

// Subject returns the claim sub, which is the user name too: system:serviceaccount:NAMESPACE:NAME.
func (t *Token) Subject() string { return t.record.Text(record.Subject) }

// Namespace returns the namespace of the service account. A pod or secret that the token is bound to is in it too.
func (t *Token) Namespace() string { return t.record.Text(record.Namespace) }

// ServiceAccount returns the service account that the token speaks for.
func (t *Token) ServiceAccount() Object {
	account, _ := t.object(KindServiceAccount, record.ServiceAccountName, record.ServiceAccountUID)
	return account
}

// Pod returns the pod that the token is bound to. It reports false if there is none.
func (t *Token) Pod() (Object, bool) {
	return t.object(KindPod, record.PodName, record.PodUID)
}

// Secret returns the secret that the token is bound to. It reports false if there is none.
func (t *Token) Secret() (Object, bool) {
	return t.object(KindSecret, record.SecretName, record.SecretUID)
}

// Node returns the node that the token is bound to or, for a token that is bound to a pod, the node of the pod. The node of a
// pod is informational: it is not looked up, and its uid may be empty. Node reports false if there is none.
func (t *Token) Node() (Object, bool) {
	return t.object(KindNode, record.NodeName, record.NodeUID)
}

// ValidatingWebhookConfiguration returns the validating webhook configuration that the token is bound to (Kubernetes 1.37,
// KEP-6060). It reports false if there is none.
func (t *Token) ValidatingWebhookConfiguration() (Object, bool) {
	return t.object(KindValidatingWebhookConfiguration,
		record.ValidatingWebhookConfigurationName, record.ValidatingWebhookConfigurationUID)
}

// MutatingWebhookConfiguration returns the mutating webhook configuration that the token is bound to (Kubernetes 1.37,
// KEP-6060). It reports false if there is none.
func (t *Token) MutatingWebhookConfiguration() (Object, bool) {
	return t.object(KindMutatingWebhookConfiguration,
		record.MutatingWebhookConfigurationName, record.MutatingWebhookConfigurationUID)
}

func (t *Token) object(kind ObjectKind, name, uid record.Text) (Object, bool) {
	object := Object{ObjectReference{Kind: kind, Name: t.record.Text(name)}, t.record.Text(uid)}
	if object.Name == "" {
		return Object{}, false
	}
	if kind.IsNamespaced() {
		object.Namespace = t.Namespace()
	}
	return object, true
}

// BoundObjects returns the objects that must exist, in the order in which they are judged.
func (t *Token) BoundObjects() []Object {
	objects := make([]Object, t.record.Len(record.BoundObjects))
	for i := range objects {
		objects[i] = objectOf(t.record.Object(i))
	}
	return objects
}

// Confirmed returns whether the bound objects exist.
func (t *Token) Confirmed() Confirmed { return Confirmed(t.record.Confirmed()) }

// Audiences returns all audiences of the token.
func (t *Token) Audiences() []string { return t.record.Texts(record.Audiences) }

// MatchedAudiences returns the accepted audiences that the token names: status.audiences of a TokenReview.
func (t *Token) MatchedAudiences() []string { return t.record.Texts(record.MatchedAudiences) }

// hasMatched reports whether an audience is one of the matched ones.
func (t *Token) hasMatched(audience string) bool {
	for i := range t.record.Len(record.MatchedAudiences) {
		if t.record.TextOf(record.MatchedAudiences, i) == audience {
			return true
		}
	}
	return false
}

// ExpiresAt returns the claim exp.
func (t *Token) ExpiresAt() time.Time { return t.time(record.ExpiresAt) }

// NotBefore returns the claim nbf. It is zero if the token has none.
func (t *Token) NotBefore() time.Time { return t.time(record.NotBefore) }

// IssuedAt returns the claim iat. It is zero if the token has none.
func (t *Token) IssuedAt() time.Time { return t.time(record.IssuedAt) }

// WarnAfter returns when the API server begins to count the token as stale. It does not affect the verdict. It is zero if the
// token has no such claim.
func (t *Token) WarnAfter() time.Time { return t.time(record.WarnAfter) }

func (t *Token) time(at record.Time) time.Time {
	seconds := t.record.Seconds(at)
	if seconds < 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// JTI returns the claim jti. It is empty if the token has none.
func (t *Token) JTI() string { return t.record.Text(record.JTI) }

// CredentialID returns the credential id, as audit logs of the API server show it: JTI= and the claim jti.
func (t *Token) CredentialID() string { return t.record.Text(record.CredentialID) }

// Groups returns the groups of the user: system:serviceaccounts, system:serviceaccounts:NAMESPACE, system:authenticated.
func (t *Token) Groups() []string { return t.record.Texts(record.Groups) }

// Attestation is something that the API server attests about the caller.
type Attestation struct {
	Name   string
	Values []string
}

// Attestations returns what the API server attests about the caller (Kubernetes 1.37, KEP-6060).
func (t *Token) Attestations() []Attestation {
	var attestations []Attestation
	for i := range t.record.Len(record.Attestations) {
		name, values := t.record.Attestation(i)
		attestations = append(attestations, Attestation{name, values})
	}
	return attestations
}

// AttestedAPIGroups returns the API groups for which the caller may send admission reviews. "*" stands for all groups.
func (t *Token) AttestedAPIGroups() []string { return t.record.Texts(record.AttestedAPIGroups) }

// Payload returns the claims as they were signed: one JSON object. It includes members that have no method here.
func (t *Token) Payload() json.RawMessage { return json.RawMessage(t.record.Text(record.Payload)) }

// UserInfo is the user that a token speaks for: UserInfo of authentication.k8s.io/v1, the type of status.user in a
// TokenReview.
type UserInfo struct {
	// Username is system:serviceaccount:NAMESPACE:NAME.
	Username string `json:"username,omitempty"`
	// UID is the uid of the service account.
	UID string `json:"uid,omitempty"`
	// Groups are those of [Token.Groups].
	Groups []string `json:"groups,omitempty"`
	// Extra says more about the token: the credential id, and the pod, node and webhook configurations that it names.
	Extra map[string][]string `json:"extra,omitempty"`
}

// UserInfo returns the user that the token speaks for. If the user name is enough, [Token.Subject] is cheaper.
func (t *Token) UserInfo() UserInfo {
	user := UserInfo{Username: t.Subject(), UID: t.ServiceAccount().UID, Groups: t.Groups()}
	if length := t.record.Len(record.Extra); length > 0 {
		user.Extra = make(map[string][]string, length)
		for i := range length {
			key, value := t.record.Pair(record.Extra, i)
			user.Extra[key] = append(user.Extra[key], value)
		}
	}
	return user
}

// MarshalJSON writes an object with the members user (as in a TokenReview), issuerLabel, audiences (the accepted ones),
// confirmed, boundObjects and claims.
func (t *Token) MarshalJSON() ([]byte, error) {
	type object struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace,omitempty"`
		Name      string `json:"name"`
		UID       string `json:"uid"`
	}
	objects := []object{}
	for _, bound := range t.BoundObjects() {
		objects = append(objects, object{bound.Kind.String(), bound.Namespace, bound.Name, bound.UID})
	}
	return json.Marshal(struct {
		User         UserInfo        `json:"user"`
		IssuerLabel  string          `json:"issuerLabel"`
		Audiences    []string        `json:"audiences"`
		Confirmed    string          `json:"confirmed"`
		BoundObjects []object        `json:"boundObjects"`
		Claims       json.RawMessage `json:"claims"`
	}{t.UserInfo(), t.IssuerLabel(), t.MatchedAudiences(), t.Confirmed().String(), objects, t.Payload()})
}

// String returns who the caller is, and whether the bound objects were confirmed.
func (t *Token) String() string {
	return fmt.Sprintf("Token{subject: %q, confirmed: %v}", t.Subject(), t.Confirmed())
}

// GoString returns what String returns.
func (t *Token) GoString() string { return t.String() }

// LogValue shows who the caller is.
func (t *Token) LogValue() slog.Value {
	attributes := []slog.Attr{
		slog.String("subject", t.Subject()),
		slog.String("issuer", t.IssuerLabel()),
		slog.String("confirmed", t.Confirmed().String()),
	}
	if pod, bound := t.Pod(); bound {
		attributes = append(attributes, slog.String("pod", pod.Name))
	}
	if id := t.CredentialID(); id != "" {
		attributes = append(attributes, slog.String("credentialID", id))
	}
	return slog.GroupValue(attributes...)
}
