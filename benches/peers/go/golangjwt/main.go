// golang-jwt: one parser with the rules, a given key, and claims decoded into a struct.
package main

import (
	"boundtoken/benches/peers/go/protocol"

	"github.com/golang-jwt/jwt/v5"
)

type claims struct {
	jwt.RegisteredClaims
	protocol.Claims
}

func main() {
	protocol.Serve("github.com/golang-jwt/jwt/v5", func(inputs protocol.Inputs, algorithm string, key any) protocol.Verify {
		parser := jwt.NewParser(
			jwt.WithValidMethods([]string{algorithm}),
			jwt.WithIssuer(inputs.Issuer),
			jwt.WithAudience(inputs.Audience),
			jwt.WithExpirationRequired(),
		)
		find := func(*jwt.Token) (any, error) { return key, nil }
		return func(token string) bool {
			_, err := parser.ParseWithClaims(token, &claims{}, find)
			return err == nil
		}
	})
}
