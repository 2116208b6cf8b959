package boundtoken

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"boundtoken.dev/go/internal/record"
	"boundtoken.dev/go/internal/record/recordtest"
)

func tokenOf(t *testing.T, builder *recordtest.Builder) *Token {
	t.Helper()
	parsed, err := record.Parse(builder.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return &Token{record: parsed}
}

func TestATokenHasItsClaims(t *testing.T) {
	token := tokenOf(t, recordtest.Accepted(uint32(ConfirmedLive), 5000))
	if token.Subject() != "system:serviceaccount:demo:app" || token.Namespace() != "demo" || token.JTI() != "11111111" ||
		token.CredentialID() != "JTI=11111111" || token.Issuer() == "" || token.IssuerLabel() == "" {
		t.Errorf("%v", token)
	}
	if account := token.ServiceAccount(); account != (Object{ObjectReference{KindServiceAccount, "demo", "app"}, "uid-app"}) {
		t.Errorf("%v", account)
	}
	if pod, bound := token.Pod(); !bound || pod != livePod("uid-live") || pod.String() != "Pod demo/live" {
		t.Errorf("%v", pod)
	}
	if node, bound := token.Node(); !bound || node.Name != "node-1" || node.Namespace != "" || node.String() != "Node node-1" {
		t.Errorf("%v", node)
	}
	for _, object := range []func() (Object, bool){
		token.Secret, token.ValidatingWebhookConfiguration, token.MutatingWebhookConfiguration,
	} {
		if object, bound := object(); bound || object != (Object{}) {
			t.Errorf("%v", object)
		}
	}
	if objects := token.BoundObjects(); len(objects) != 2 || objects[1] != livePod("uid-live") {
		t.Errorf("%v", objects)
	}
	if token.ExpiresAt() != time.Unix(5000, 0).UTC() || token.IssuedAt() != time.Unix(1400, 0).UTC() || !token.WarnAfter().IsZero() {
		t.Errorf("%v %v %v", token.ExpiresAt(), token.IssuedAt(), token.WarnAfter())
	}
	want := UserInfo{
		Username: "system:serviceaccount:demo:app", UID: "uid-app",
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"},
		Extra: map[string][]string{
			"authentication.kubernetes.io/credential-id": {"JTI=11111111"},
			"authentication.kubernetes.io/pod-name":      {"live"},
		},
	}
	if user := token.UserInfo(); !reflect.DeepEqual(user, want) {
		t.Errorf("%+v", user)
	}
	// What is lent is the caller's.
	token.Audiences()[0] = "changed"
	token.Payload()[0] = 'x'
	if token.Audiences()[0] != "vault" || token.Payload()[0] != '{' {
		t.Error("the token was changed")
	}
	written, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(written, &members); err != nil || members["confirmed"] != "live" || len(members) != 6 {
		t.Errorf("%s", written)
	}
}

func TestPoliciesAllowWhomTheyName(t *testing.T) {
	token := tokenOf(t, recordtest.Accepted(uint32(ConfirmedNotChecked), 5000).
		Text(record.IssuerLabel, "blue").Texts(record.AttestedAPIGroups, "apps"))
	all := tokenOf(t, recordtest.Accepted(uint32(ConfirmedLive), 5000).Texts(record.AttestedAPIGroups, "*"))
	yes := AllowNamespaces("demo")
	no := AllowNamespaces("other")
	for name, test := range map[string]struct {
		policy Policy
		caller *Token
		want   bool
	}{
		"namespace":             {AllowNamespaces("other", "demo"), token, true},
		"another namespace":     {AllowNamespaces("other"), token, false},
		"no namespace":          {AllowNamespaces(), token, false},
		"account":               {AllowServiceAccount("demo", "app"), token, true},
		"another account":       {AllowServiceAccount("demo", "other"), token, false},
		"another's namespace":   {AllowServiceAccount("other", "app"), token, false},
		"audience":              {AllowAudiences("vault"), token, true},
		"an unmatched audience": {AllowAudiences("api"), token, false},
		"node":                  {AllowNodes("node-1"), token, true},
		"another node":          {AllowNodes("node-2"), token, false},
		"issuer":                {AllowIssuers("blue"), token, true},
		"another issuer":        {AllowIssuers("green"), token, false},
		"group":                 {AllowAPIGroups("apps"), token, true},
		"another group":         {AllowAPIGroups("batch"), token, false},
		"all groups":            {AllowAPIGroups("batch"), all, true},
		"no group":              {AllowAPIGroups(), all, false},
		"live":                  {AllowConfirmedLive(), all, true},
		"not checked":           {AllowConfirmedLive(), token, false},
		"any":                   {AnyOf(no, yes), token, true},
		"any of none":           {AnyOf(), token, false},
		"all of":                {AllOf(yes, yes), token, true},
		"not all of":            {AllOf(yes, no), token, false},
		"all of none":           {AllOf(), token, false},
		"not":                   {Not(no), token, true},
	} {
		if got := test.policy(test.caller); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
