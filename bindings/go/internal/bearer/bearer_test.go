package bearer

import "testing"

func TestTheTokenIsWhatFollowsTheScheme(t *testing.T) {
	for value, want := range map[string]struct {
		token   string
		problem Problem
	}{
		"Bearer a.b.c":     {"a.b.c", 0},
		"bearer a.b.c":     {"a.b.c", 0},
		"BEARER   a.b.c":   {"a.b.c", 0},
		"Bearer \xff\xfe":  {"\xff\xfe", 0},
		"Bearer":           {"", NoToken},
		"Bearer  ":         {"", NoToken},
		"Bearer a b":       {"a b", 0},
		"Bearer, Bearer a": {"", 0},
		"Bearera.b.c":      {"", 0},
		"Bearer\ta.b.c":    {"", 0},
		"Basic eDp5":       {"", 0},
		"a.b.c":            {"", 0},
		"":                 {"", 0},
		"\u212aearer a":    {"", 0},
	} {
		if token, problem := Token([]string{value}, false); token != want.token || problem != want.problem {
			t.Errorf("%q: %q %v", value, token, problem)
		}
	}
}

func TestAHeaderForTokensAloneMayLeaveTheSchemeOut(t *testing.T) {
	for value, want := range map[string]struct {
		token   string
		problem Problem
	}{
		"a.b.c":        {"a.b.c", 0},
		"Bearer a.b.c": {"a.b.c", 0},
		"":             {"", NoToken},
		"Basic eDp5":   {"Basic eDp5", 0},
	} {
		if token, problem := Token([]string{value}, true); token != want.token || problem != want.problem {
			t.Errorf("%q: %q %v", value, token, problem)
		}
	}
}

func TestTwoHeadersAreOneTooMany(t *testing.T) {
	if token, problem := Token(nil, false); token != "" || problem != 0 {
		t.Error(token, problem)
	}
	if _, problem := Token([]string{"Bearer a", "Bearer a"}, false); problem != SeveralHeaders {
		t.Error(problem)
	}
}

func TestTextBehindARefusedTokenIsTheFaultOfTheHeader(t *testing.T) {
	for token, want := range map[string]Problem{"a.b.c": 0, "a.b.c d": TextAfterToken, "a.b.c\td": TextAfterToken} {
		if got := OfRefused(token); got != want || (got != 0) != (got.Description() != "") {
			t.Errorf("%q: %v", token, got)
		}
	}
}
