// Package bearer finds the token of a request. HTTP, gRPC and the API server's authenticators share it.
package bearer

import "strings"

// Problem is what is wrong with a header that should have a token. The zero value says that nothing is.
type Problem int

const (
	// SeveralHeaders says that the header comes more than once, so that two readers could take different tokens.
	SeveralHeaders Problem = iota + 1
	// NoToken says that the scheme is Bearer, but no token follows.
	NoToken
	// TextAfterToken says that more than a token follows the scheme.
	TextAfterToken
)

// Description says what is wrong, as one phrase.
func (p Problem) Description() string {
	switch p {
	case SeveralHeaders:
		return "the request has more than one header with a token"
	case NoToken:
		return "no token follows the scheme Bearer"
	case TextAfterToken:
		return "the header has text behind the token"
	}
	return ""
}

// Token returns the token in the values of a header: "Bearer TOKEN" by RFC 6750 section 2.1. It is empty if there is none.
//
// If the header is not for tokens alone, other schemes are not about tokens. Otherwise the scheme may be left out.
func Token(values []string, isForTokensAlone bool) (string, Problem) {
	switch len(values) {
	case 0:
		return "", 0
	case 1:
	default:
		return "", SeveralHeaders
	}
	token, hasScheme := afterScheme(values[0])
	if !hasScheme {
		if !isForTokensAlone {
			return "", 0
		}
		token = values[0]
	}
	if token == "" {
		return "", NoToken
	}
	return token, 0
}

// OfRefused says what is wrong with the header from which a refused token comes. No token that is accepted has white space in
// it, so nobody needs to look for it before.
func OfRefused(token string) Problem {
	if strings.ContainsAny(token, " \t") {
		return TextAfterToken
	}
	return 0
}

// afterScheme returns what follows the scheme Bearer and at least one space, or nothing if the scheme is all there is. It
// reports false if there is another scheme, or none.
func afterScheme(value string) (string, bool) {
	const scheme = "bearer"
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", false
	}
	rest := value[len(scheme):]
	if rest == "" {
		return "", true
	}
	if rest[0] != ' ' {
		return "", false
	}
	return strings.Trim(rest, " \t\n\f\r"), true
}
