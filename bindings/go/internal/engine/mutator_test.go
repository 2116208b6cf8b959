package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// mutator changes captured tokens: as bytes, as parts, and as JSON that is signed again, so that the change is looked at.
type mutator struct {
	rust   *rust
	random *rand.Rand
}

func newMutator(rust *rust, random *rand.Rand) *mutator { return &mutator{rust, random} }

// oneIn is true once in so many times.
func (m *mutator) oneIn(times int) bool { return m.random.IntN(times) == 0 }

func pick[T any](m *mutator, from []T) T { return from[m.random.IntN(len(from))] }

// draft changes one token.
func (m *mutator) draft() draft {
	of := pick(m, m.rust.Cases)
	// What is good but for one change is judged to the end.
	if !m.oneIn(4) {
		of = m.rust.Cases[pick(m, m.rust.good)]
	}
	made := draft{signer: -1}
	made.now = of.Now
	if !m.oneIn(3) {
		made.audiences = of.Audiences
	}
	token := []byte(of.Token)
	header, claims, _ := split(token)
	switch kind := m.random.IntN(100); {
	case kind < 3:
		// As it was captured, at another time perhaps.
		made.token = token
	case kind < 18:
		made.token = m.bytes(token)
	case kind < 28:
		made.token = m.parts(token)
	default:
		made.signer = m.signer()
		made.token = m.unsigned(made.signer, header, claims)
		switch {
		case m.oneIn(20):
			made.after = m.bytes
		case m.oneIn(20):
			made.after = m.parts
		}
	}
	if m.oneIn(4) {
		made.now = m.time(of.Now, claims)
	}
	if m.oneIn(20) {
		made.audiences = m.audiences()
	}
	return made
}

// RSA takes the process longest to sign.
func (m *mutator) signer() int {
	if m.oneIn(10) {
		return 0
	}
	return 1 + m.random.IntN(len(m.rust.Signers)-1)
}

func (m *mutator) audiences() []string {
	audiences := []string{}
	for range m.random.IntN(4) {
		audiences = append(audiences, pick(m, []string{audience, audience, "", "api", "\xff", "VAULT", "vault ", "https://hook.example.com/check", strings.Repeat("a", 300)}))
	}
	return audiences
}

// time is near an edge: the times of the token, with and without leeway, and the ends of what a time can be.
func (m *mutator) time(usual int64, claims []byte) int64 {
	edges := []int64{usual, usual, 0, math.MaxInt64, math.MaxInt64 - 60, 1 << 53, math.MaxUint32, -1}
	var times map[string]any
	if json.Unmarshal(claims, &times) == nil {
		for _, name := range []string{"exp", "nbf", "iat", "warnafter"} {
			if time, is := times[name].(float64); is && time < 1<<53 {
				edges = append(edges, int64(time), int64(time), int64(time))
			}
		}
	}
	for object := range m.rust.Objects {
		if deleted := m.rust.Objects[object].Deleted; deleted != nil {
			edges = append(edges, *deleted)
			break
		}
	}
	edge := pick(m, edges)
	by := pick(m, []int64{0, 60, -60, 3600, -3600}) + m.random.Int64N(5) - 2
	if by > 0 && edge > math.MaxInt64-by {
		return math.MaxInt64
	}
	return edge + by
}

// split decodes the header and the claims of a token, as far as they can be.
func split(token []byte) (header, claims []byte, signature string) {
	parts := strings.Split(string(token), ".")
	decoded := func(place int) []byte {
		if place >= len(parts) {
			return nil
		}
		content, _ := base64.RawURLEncoding.DecodeString(parts[place])
		return content
	}
	if len(parts) > 2 {
		signature = parts[2]
	}
	return decoded(0), decoded(1), signature
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Bytes that mean something to somebody.
const special = ".=+/ \t\r\n\x00\x7f\x80\xff\"\\{}[]:,-_~%é"

// bytes changes, adds and removes bytes.
func (m *mutator) bytes(content []byte) []byte {
	content = slices.Clone(content)
	for range 1 + m.random.IntN(3) {
		if len(content) == 0 {
			return append(content, special[m.random.IntN(len(special))])
		}
		at := m.random.IntN(len(content))
		// The end is where padding and unused bits are.
		if m.oneIn(4) {
			at = len(content) - 1 - m.random.IntN(min(4, len(content)))
		}
		end := min(len(content), at+1+m.random.IntN(8))
		switch m.random.IntN(9) {
		case 0:
			content[at] ^= 1 << m.random.IntN(8)
		case 1:
			content[at] = byte(m.random.Uint32())
		case 2, 3:
			content[at] = alphabet[m.random.IntN(len(alphabet))]
		case 4:
			content[at] = special[m.random.IntN(len(special))]
		case 5:
			content = slices.Insert(content, at, special[m.random.IntN(len(special))])
		case 6:
			content = slices.Delete(content, at, end)
		case 7:
			content = slices.Insert(content, at, slices.Clone(content[at:end])...)
		default:
			other := m.random.IntN(len(content))
			content[at], content[other] = content[other], content[at]
		}
	}
	return content
}

// parts changes a token as header, claims and signature.
func (m *mutator) parts(token []byte) []byte {
	parts := strings.Split(string(token), ".")
	at := m.random.IntN(len(parts))
	last := len(parts) - 1
	other := strings.Split(pick(m, m.rust.Cases).Token, ".")
	switch m.random.IntN(17) {
	case 0:
		with := m.random.IntN(len(parts))
		parts[at], parts[with] = parts[with], parts[at]
	case 1:
		parts[at] = ""
	case 2:
		parts = slices.Delete(parts, at, at+1)
	case 3:
		parts = slices.Insert(parts, at, parts[m.random.IntN(len(parts))])
	case 4:
		parts[at] = other[m.random.IntN(len(other))]
	case 5:
		// A signature of another length.
		parts[last] = parts[last][:m.random.IntN(len(parts[last])+1)]
	case 6:
		parts[last] += strings.Repeat("A", 1+m.random.IntN(6))
	case 7:
		parts[last] = strings.Repeat("A", m.random.IntN(800))
	case 8:
		parts[at] += strings.Repeat("=", 1+m.random.IntN(3))
	case 9:
		parts[at] = strings.NewReplacer("-", "+", "_", "/").Replace(parts[at])
	case 10:
		parts[at] = m.unusedBits(parts[at])
	case 11:
		return append(token, pick(m, []string{".", "..", ".A", "\n", " ", "\x00", "=", ".é"})...)
	case 12:
		return append([]byte(pick(m, []string{".", "Bearer ", " ", "\n", "\ufeff", "\x00"})), token...)
	case 13:
		return token[:m.random.IntN(len(token)+1)]
	case 14:
		// Around the size limit.
		size := DefaultMaxTokenSize + m.random.IntN(5) - 2 - len(token)
		if size > 0 {
			parts[at] += strings.Repeat("A", size)
		}
	case 15:
		parts[at] = strings.ToLower(parts[at])
	default:
		// Half of a signature for the other half: r and s of an elliptic curve.
		half := len(parts[last]) / 2
		parts[last] = parts[last][half:] + parts[last][:half]
	}
	return []byte(strings.Join(parts, "."))
}

// unusedBits sets bits of the last character that stand for nothing.
func (m *mutator) unusedBits(part string) string {
	if part == "" {
		return part
	}
	at := strings.IndexByte(alphabet, part[len(part)-1])
	if at < 0 {
		return part
	}
	return part[:len(part)-1] + string(alphabet[at^(1+m.random.IntN(3))])
}

// unsigned makes what is to be signed by a key: header and claims, encoded.
func (m *mutator) unsigned(signer int, header, claims []byte) []byte {
	key := m.rust.Signers[signer]
	headers := parse(header)
	if headers == nil || !m.oneIn(20) {
		headers = parse(fmt.Appendf(nil, `{"alg":%q,"kid":%q}`, key.Alg, key.Kid))
	}
	if m.oneIn(4) {
		for range 1 + m.random.IntN(2) {
			m.editHeader(headers)
		}
	}
	body := parse(claims)
	if body == nil {
		body = parse([]byte(pick(m, []string{"{}", "[]", "null", `""`, "1", "true"})))
	}
	if m.oneIn(2) {
		m.bindToLiveObjects(body)
	}
	for range pick(m, []int{0, 1, 1, 1, 2, 3}) {
		m.editClaims(body)
	}
	to := base64.RawURLEncoding
	first, second := to.EncodeToString(m.written(headers, 40)), to.EncodeToString(m.written(body, 12))
	if m.oneIn(60) {
		first = m.unusedBits(first)
	}
	if m.oneIn(60) {
		second = m.unusedBits(second)
	}
	signed := first + "." + second
	if m.oneIn(150) {
		return m.bytes([]byte(signed))
	}
	return []byte(signed)
}

// bindToLiveObjects gives the objects of a token the uids that this cluster knows. Tokens of other clusters have others.
func (m *mutator) bindToLiveObjects(claims *node) {
	within := claims.member("kubernetes.io")
	if within == nil {
		return
	}
	var namespace string
	if at := within.member("namespace"); at != nil {
		namespace = strings.Trim(at.raw, `"`)
	}
	for _, object := range m.rust.Objects {
		resource := []string{"", "serviceaccount", "secret", "pod", "node", "validatingwebhookconfiguration", "mutatingwebhookconfiguration"}[object.Kind]
		at := within.member(resource)
		if at == nil || object.Namespace != "" && object.Namespace != namespace {
			continue
		}
		if name, uid := at.member("name"), at.member("uid"); name != nil && uid != nil && name.raw == strconv.Quote(object.Name) {
			uid.raw = strconv.Quote(object.UID)
		}
	}
}

// written is the JSON of a value, changed as text once in so many times.
func (m *mutator) written(value *node, once int) []byte {
	var to bytes.Buffer
	value.write(&to, func() string {
		if m.oneIn(200) {
			return pick(m, []string{" ", "\n", "\t", "\r", "  "})
		}
		return ""
	})
	content := to.Bytes()
	if m.oneIn(once) {
		switch m.random.IntN(6) {
		case 0:
			content = append(content, pick(m, []string{" ", "\n", "{}", ",", "\x00", "}", "null", "//", "\ufeff"})...)
		case 1:
			content = append([]byte(pick(m, []string{" ", "\n", "\ufeff", "\x00", "[", "{", "\f", "\v", "\u00a0"})), content...)
		case 2:
			content = content[:m.random.IntN(len(content)+1)]
		default:
			content = m.bytes(content)
		}
	}
	return content
}

// A node is a value of JSON. Unlike a map it has an order, duplicates, and texts and numbers as they are written.
type node struct {
	// '{', '[', or 0 for what has no members.
	kind    byte
	raw     string
	members []member
}

type member struct {
	// As it is written, with its quotes. Empty in an array.
	name  string
	value *node
}

// parse returns nil for what is not JSON.
func parse(content []byte) *node {
	if !json.Valid(content) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	return parseNext(decoder)
}

func parseNext(decoder *json.Decoder) *node {
	token, err := decoder.Token()
	if err != nil {
		return &node{raw: "null"}
	}
	delimiter, is := token.(json.Delim)
	if !is {
		return &node{raw: quoted(token)}
	}
	parsed := &node{kind: byte(delimiter)}
	for decoder.More() {
		var next member
		if delimiter == '{' {
			name, _ := decoder.Token()
			next.name = quoted(name)
		}
		next.value = parseNext(decoder)
		parsed.members = append(parsed.members, next)
	}
	_, _ = decoder.Token()
	return parsed
}

func quoted(value any) string {
	var to bytes.Buffer
	encoder := json.NewEncoder(&to)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return strings.TrimSpace(to.String())
}

func (n *node) write(to *bytes.Buffer, space func() string) {
	to.WriteString(space())
	if n.kind == 0 {
		to.WriteString(n.raw)
		return
	}
	to.WriteByte(n.kind)
	for place, member := range n.members {
		if place > 0 {
			to.WriteByte(',')
		}
		if n.kind == '{' {
			to.WriteString(space() + member.name + space() + ":")
		}
		member.value.write(to, space)
		to.WriteString(space())
	}
	// '}' and ']' come two after '{' and '['.
	to.WriteByte(n.kind + 2)
}

func (n *node) clone() *node {
	copied := *n
	copied.members = slices.Clone(n.members)
	for place := range copied.members {
		copied.members[place].value = copied.members[place].value.clone()
	}
	return &copied
}

// all returns the value and every value in it.
func (n *node) all() []*node {
	found := []*node{n}
	for _, member := range n.members {
		found = append(found, member.value.all()...)
	}
	return found
}

// member returns the value of the first member of a name.
func (n *node) member(name string) *node {
	for _, member := range n.members {
		if member.name == strconv.Quote(name) {
			return member.value
		}
	}
	return nil
}

func (m *mutator) editHeader(header *node) {
	at := header.member(pick(m, []string{"alg", "kid"}))
	switch m.random.IntN(8) {
	case 0, 1:
		if at != nil {
			*at = node{raw: strconv.Quote(pick(m, []string{
				"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "none", "None", "rs256", "", "ES256K",
				m.rust.Signers[0].Kid, m.rust.Signers[1].Kid, m.rust.Signers[2].Kid, m.rust.Signers[0].Kid[:20],
			}))}
		}
	case 2, 3:
		if header.kind == '{' {
			value := pick(m, []string{`"JWT"`, `"jwt"`, `"at+jwt"`, `[]`, `["exp"]`, `["b64"]`, "false", "true", "null", `"DEF"`, `{}`, `"https://example.com"`, "1"})
			name := pick(m, []string{"typ", "cty", "crit", "b64", "jku", "jwk", "x5c", "x5u", "x5t", "zip", "enc", "ALG", "Kid", "alg", "kid", "exp"})
			header.members = slices.Insert(header.members, m.random.IntN(len(header.members)+1), member{strconv.Quote(name), &node{raw: value}})
		}
	default:
		m.edit(header)
	}
}

func (m *mutator) editClaims(claims *node) {
	if m.oneIn(5) {
		name := pick(m, []string{"exp", "nbf", "iat", "exp", "nbf", "iat", "warnafter"})
		at := claims.member(name)
		if within := claims.member("kubernetes.io"); name == "warnafter" && within != nil {
			at = within.member(name)
		}
		if at != nil {
			if time, err := strconv.ParseInt(at.raw, 10, 64); err == nil && m.oneIn(2) {
				time += pick(m, []int64{0, 60, -60, 3600, -3600, 1, -1, 600})
				*at = node{raw: m.number(time)}
				return
			}
			*at = node{raw: m.number(pick(m, []int64{0, 1, -1, now, now - 60, now + 60, now + 61, now - 61, 1 << 53, math.MaxInt64, math.MinInt64, math.MaxUint32}))}
			return
		}
	}
	if m.oneIn(6) {
		// What the API server writes, and what it does not.
		at := claims
		if within := claims.member("kubernetes.io"); within != nil && m.oneIn(2) {
			at = within
		}
		if at.kind == '{' {
			name := pick(m, []string{
				"aud", "exp", "iat", "iss", "jti", "nbf", "sub", "kubernetes.io", "namespace", "node", "pod", "secret", "serviceaccount", "warnafter",
				"validatingwebhookconfiguration", "mutatingwebhookconfiguration", "attestations", "groups", "extra", "name", "uid", "Aud", "typ",
				"deployment", "", "k8s.io/apiGroups",
			})
			at.members = slices.Insert(at.members, m.random.IntN(len(at.members)+1), member{strconv.Quote(name), m.value()})
			return
		}
	}
	m.edit(claims)
}

// edit changes any value in a document.
func (m *mutator) edit(document *node) {
	at := pick(m, document.all())
	if len(at.members) == 0 {
		m.editScalar(at)
		return
	}
	place := m.random.IntN(len(at.members))
	chosen := &at.members[place]
	switch m.random.IntN(12) {
	case 0:
		at.members = slices.Delete(at.members, place, place+1)
	case 1:
		// The same name twice, with the same value or another.
		twice := member{chosen.name, chosen.value.clone()}
		if m.oneIn(2) {
			twice.value = m.value()
		}
		at.members = slices.Insert(at.members, m.random.IntN(len(at.members)+1), twice)
	case 2:
		with := m.random.IntN(len(at.members))
		at.members[place], at.members[with] = at.members[with], at.members[place]
	case 3:
		chosen.value = m.value()
	case 4:
		chosen.value = &node{kind: '[', members: []member{{value: chosen.value}}}
	case 5:
		// The value of another place.
		chosen.value = pick(m, document.all()).clone()
	case 6:
		if at.kind == '{' {
			chosen.name = pick(m, []string{strings.ToUpper(chosen.name), m.escaped(chosen.name), m.escaped(chosen.name), m.changedText(chosen.name)})
		}
	case 7:
		// The same member of another token.
		_, claims, _ := split([]byte(pick(m, m.rust.Cases).Token))
		if other := parse(claims); other != nil && len(other.members) > 0 {
			from := pick(m, other.members)
			if own := document.member(strings.Trim(from.name, `"`)); own != nil {
				*own = *from.value
			}
		}
	default:
		m.editScalar(pick(m, chosen.value.all()))
	}
}

func (m *mutator) editScalar(at *node) {
	if at.kind != 0 {
		if m.oneIn(3) {
			*at = *m.value()
		}
		return
	}
	if number, err := strconv.ParseInt(at.raw, 10, 64); err == nil && m.oneIn(2) {
		at.raw = m.number(number + m.random.Int64N(3) - 1)
		return
	}
	if strings.HasPrefix(at.raw, `"`) && !m.oneIn(4) {
		if m.oneIn(2) {
			at.raw = m.escaped(at.raw)
		} else {
			at.raw = m.changedText(at.raw)
		}
		return
	}
	*at = *m.value()
}

// number writes a number in one of many ways.
func (m *mutator) number(number int64) string {
	plain := strconv.FormatInt(number, 10)
	if m.oneIn(2) {
		return plain
	}
	switch m.random.IntN(14) {
	case 0:
		return plain + ".0"
	case 1:
		return plain + ".5"
	case 2:
		return plain + "e0"
	case 3:
		return strconv.FormatFloat(float64(number), 'e', -1, 64)
	case 4:
		return "0" + plain
	case 5:
		return "+" + plain
	case 6:
		return "-" + plain
	case 7:
		return plain + strings.Repeat("0", 1+m.random.IntN(400))
	case 8:
		return plain + "." + strings.Repeat("9", 1+m.random.IntN(40))
	case 9:
		return plain + pick(m, []string{"e400", "E-400", "e+1", "e", ".", "E-1", "e308", "e-9"})
	case 10:
		return strconv.Quote(plain)
	case 11:
		return plain + "000E-3"
	case 12:
		return plain + "." + strings.Repeat("0", 1+m.random.IntN(400)) + "1"
	default:
		return pick(m, []string{"9007199254740993", "18446744073709551615", "18446744073709551616", "9223372036854775808", "-0", "-0.0", "1e19", "0e999999999999", "1E+2"})
	}
}

// value is a value of any kind.
func (m *mutator) value() *node {
	switch m.random.IntN(12) {
	case 0, 1:
		return &node{raw: pick(m, []string{"null", "true", "false", `""`, "[]", "{}", "NaN", "Infinity", "nul", "'x'", "0", "-0", "tru"})}
	case 2:
		return &node{raw: m.number(pick(m, []int64{0, 1, now, now + 3600, math.MaxInt64, 1 << 53}))}
	case 3:
		// The depth at which parsers give up, from either side.
		depth := pick(m, []int{2, 10, 28, 29, 30, 31, 32, 33, 34, 62, 63, 64, 65, 124, 125, 126, 127, 128, 129, 1000})
		open, shut := "[", "]"
		if m.oneIn(2) {
			open, shut = `{"a":`, "}"
		}
		return &node{raw: strings.Repeat(open, depth) + "1" + strings.Repeat(shut, depth)}
	case 4:
		return &node{raw: m.escaped(strconv.Quote(pick(m, []string{audience, issuerName, "demo", "app"})))}
	case 5:
		many := &node{kind: '['}
		for range m.random.IntN(40) {
			many.members = append(many.members, member{value: &node{raw: pick(m, []string{`"vault"`, `"api"`, `""`, "1", "null", `"\u0000"`})}})
		}
		return many
	case 6:
		return &node{raw: strconv.Quote(strings.Repeat("x", pick(m, []int{100, 253, 254, 1000, 4000, 4096, 5000})+m.random.IntN(50)))}
	case 7:
		return &node{kind: '{', members: []member{
			{`"name"`, &node{raw: pick(m, []string{`"live"`, `"app"`, `"node-1"`, `""`, "null", "1"})}},
			{`"uid"`, &node{raw: pick(m, []string{`"e5bf3f7d-fbca-403d-a58f-f50f44e8da63"`, `""`, "null", "[]"})}},
		}}
	case 8:
		return &node{kind: '{', members: []member{{`"a"`, &node{raw: "1"}}, {`"a"`, &node{raw: "2"}}}}
	default:
		return &node{raw: m.changedText(strconv.Quote(pick(m, []string{audience, issuerName, "demo", "system:serviceaccount:demo:app", ""})))}
	}
}

// escaped writes characters of a quoted text as escapes. It means the same.
func (m *mutator) escaped(text string) string {
	var plain string
	if json.Unmarshal([]byte(text), &plain) != nil {
		return text
	}
	var to strings.Builder
	to.WriteByte('"')
	once := 1 + m.random.IntN(8)
	for _, char := range plain {
		switch {
		case char == '"' || char == '\\' || char < ' ' || m.oneIn(once):
			form := pick(m, []string{"\\u%04x", "\\u%04X"})
			if first, second := utf16.EncodeRune(char); char > 0xffff {
				fmt.Fprintf(&to, form+form, first, second)
			} else {
				fmt.Fprintf(&to, form, char)
			}
		case char == '/' && m.oneIn(2):
			to.WriteString(`\/`)
		default:
			to.WriteRune(char)
		}
	}
	to.WriteByte('"')
	return to.String()
}

// changedText makes another text of a quoted one, perhaps one that is none.
func (m *mutator) changedText(text string) string {
	if len(text) < 2 {
		return `"x"`
	}
	at := 1 + m.random.IntN(len(text)-1)
	if m.oneIn(3) {
		at = pick(m, []int{1, len(text) - 1})
	}
	return text[:at] + pick(m, []string{
		`\u0000`, `\ud800`, `\udc00`, `\ud83d\ude00`, `\ud800\u0041`, `\u00e9`, "é", "😀", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x00", "\x1f", "\x7f",
		"\n", `\n`, `\x`, `\u12`, `\uD83`, `\"`, `\\`, `\b`, " ", "A", ":", "/", ".", "\u2028", "\u200b", "\ufffd", "\ufeff", `\u0061`, "%", "<", strings.Repeat("y", 254),
	}) + text[at:]
}
