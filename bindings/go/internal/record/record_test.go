package record_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"boundtoken.dev/go/internal/record"
	"boundtoken.dev/go/internal/record/recordtest"
)

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	bytes := recordtest.Accepted(1, 5000).
		Attestations(recordtest.Attestation{Name: "admissionReviewAPIGroups", Values: []string{"apps", "batch"}}).
		Bytes()
	r, err := record.Parse(bytes)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status() != 0 || r.HTTPStatus() != 200 || r.Confirmed() != 1 || r.Size() != len(bytes) {
		t.Errorf("header: %d %d %d %d", r.Status(), r.HTTPStatus(), r.Confirmed(), r.Size())
	}
	if r.Seconds(record.ExpiresAt) != 5000 || r.Seconds(record.WarnAfter) != -1 {
		t.Errorf("times: %d %d", r.Seconds(record.ExpiresAt), r.Seconds(record.WarnAfter))
	}
	if r.Text(record.Subject) != "system:serviceaccount:demo:app" || r.Text(record.SecretName) != "" {
		t.Errorf("texts: %q %q", r.Text(record.Subject), r.Text(record.SecretName))
	}
	if got := r.Texts(record.Audiences); !reflect.DeepEqual(got, []string{"vault", "api"}) {
		t.Errorf("audiences: %q", got)
	}
	if got := r.TextOf(record.Audiences, 1); got != "api" {
		t.Errorf("second audience: %q", got)
	}
	if key, value := r.Pair(record.Extra, 1); key != "authentication.kubernetes.io/pod-name" || value != "live" {
		t.Errorf("extra: %q %q", key, value)
	}
	if kind, namespace, name, uid := r.Object(1); kind != 3 || namespace != "demo" || name != "live" || uid != "uid-live" {
		t.Errorf("object: %d %q %q %q", kind, namespace, name, uid)
	}
	if name, values := r.Attestation(0); name != "admissionReviewAPIGroups" || !reflect.DeepEqual(values, []string{"apps", "batch"}) {
		t.Errorf("attestation: %q %q", name, values)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	good := recordtest.Accepted(1, 5000).Bytes()
	with := func(at int, number uint32) []byte {
		bytes := append([]byte(nil), good...)
		binary.LittleEndian.PutUint32(bytes[at:], number)
		return bytes
	}
	for name, bytes := range map[string][]byte{
		"nothing":                     nil,
		"a header of zeros":           make([]byte, 296),
		"a part of a record":          good[:len(good)-1],
		"another version":             with(0, 2),
		"another size":                with(8, 296),
		"a small header":              with(20, 295),
		"a header beyond the record":  with(20, 1<<20),
		"a text beyond the record":    with(int(record.Subject), uint32(len(good))),
		"a text as long as can be":    with(int(record.Subject)+4, 0xffffffff),
		"an array beyond the record":  with(int(record.Groups)+4, 0xffffffff),
		"objects beyond the record":   with(int(record.BoundObjects), 0xffffffff),
		"an attestation of something": with(int(record.Attestations)+4, 1000),
	} {
		if _, err := record.Parse(bytes); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzReadingNeverPanics(f *testing.F) {
	f.Add(recordtest.Accepted(1, 5000).Bytes())
	f.Fuzz(func(t *testing.T, bytes []byte) {
		r, err := record.Parse(bytes)
		if err != nil {
			return
		}
		for _, array := range []record.Array{record.MatchedAudiences, record.Audiences, record.Groups, record.AttestedAPIGroups} {
			r.Texts(array)
		}
		for i := range r.Len(record.Extra) {
			r.Pair(record.Extra, i)
		}
		for i := range r.Len(record.BoundObjects) {
			r.Object(i)
		}
		for i := range r.Len(record.Attestations) {
			r.Attestation(i)
		}
	})
}

// The offsets are those of the C header.
func TestOffsetsAreThoseOfTheInterface(t *testing.T) {
	text, err := os.ReadFile("../../../abi.json")
	if os.IsNotExist(err) {
		t.Skip("NOT TESTED: bindings/abi.json is not part of the module")
	}
	if err != nil {
		t.Fatal(err)
	}
	var abi struct {
		Record  struct{ Version, HeaderSize int }
		Structs []struct {
			Name    string
			Size    map[string]uint32
			Members []struct {
				Name   string
				Offset map[string]uint32
			}
		}
	}
	if err := json.Unmarshal(text, &abi); err != nil {
		t.Fatal(err)
	}
	if abi.Record.Version != record.Version || abi.Record.HeaderSize != 296 {
		t.Errorf("the interface has version %d with a header of %d bytes", abi.Record.Version, abi.Record.HeaderSize)
	}
	offsets := map[string]uint32{
		"status": 4, "size": 8, "http_status": 12, "confirmed": 16, "header_size": 20,
		"expires_at": uint32(record.ExpiresAt), "not_before": uint32(record.NotBefore),
		"issued_at": uint32(record.IssuedAt), "warn_after": uint32(record.WarnAfter),
		"matched_audiences": uint32(record.MatchedAudiences), "name": uint32(record.Name),
		"message": uint32(record.Message), "www_authenticate": uint32(record.WWWAuthenticate),
		"payload": uint32(record.Payload), "issuer": uint32(record.Issuer), "issuer_label": uint32(record.IssuerLabel),
		"subject": uint32(record.Subject), "service_account_namespace": uint32(record.Namespace),
		"service_account_name": uint32(record.ServiceAccountName), "service_account_uid": uint32(record.ServiceAccountUID),
		"jti": uint32(record.JTI), "credential_id": uint32(record.CredentialID),
		"pod_name": uint32(record.PodName), "pod_uid": uint32(record.PodUID),
		"secret_name": uint32(record.SecretName), "secret_uid": uint32(record.SecretUID),
		"node_name": uint32(record.NodeName), "node_uid": uint32(record.NodeUID),
		"validating_webhook_configuration_name": uint32(record.ValidatingWebhookConfigurationName),
		"validating_webhook_configuration_uid":  uint32(record.ValidatingWebhookConfigurationUID),
		"mutating_webhook_configuration_name":   uint32(record.MutatingWebhookConfigurationName),
		"mutating_webhook_configuration_uid":    uint32(record.MutatingWebhookConfigurationUID),
		"audiences":                             uint32(record.Audiences), "groups": uint32(record.Groups),
		"extra": uint32(record.Extra), "bound_objects": uint32(record.BoundObjects),
		"attested_api_groups": uint32(record.AttestedAPIGroups), "attestations": uint32(record.Attestations),
	}
	compared := 0
	for _, described := range abi.Structs {
		if described.Name != "boundtoken_record" {
			continue
		}
		for _, member := range described.Members {
			if offset, known := offsets[member.Name]; known {
				compared++
				if member.Offset["64"] != offset {
					t.Errorf("%s is at %d, not %d", member.Name, member.Offset["64"], offset)
				}
			}
		}
	}
	if compared != len(offsets) {
		t.Errorf("%d of %d offsets were compared", compared, len(offsets))
	}
}
