package boundtoken

import "fmt"

//go:generate go run ./internal/generate/reasons reasons_generated.go

// Reason is why a token is refused. Its number and its name are stable.
//
// A reason is an error, for use with [errors.Is]:
//
//	if errors.Is(err, boundtoken.ReasonExpired) { ... }
type Reason uint32

type reasonEntry struct {
	name, description, remedy string
	httpStatus                int
	stricter                  bool
}

type familyEntry struct {
	first, last Reason
	name        string
}

// Reasons returns every reason, in the order of their numbers.
func Reasons() []Reason {
	all := make([]Reason, 0, len(reasons))
	for _, family := range families {
		for reason := family.first; reason <= family.last; reason++ {
			if _, known := reasons[reason]; known {
				all = append(all, reason)
			}
		}
	}
	return all
}

// Number returns the stable number.
func (r Reason) Number() uint32 { return uint32(r) }

// Name returns the stable name, such as "pod_not_found", for logs and metrics.
func (r Reason) Name() string {
	if entry, known := reasons[r]; known {
		return entry.name
	}
	return fmt.Sprintf("reason_%d", uint32(r))
}

// Description says what is wrong, as one phrase. A client may see it.
func (r Reason) Description() string {
	if entry, known := reasons[r]; known {
		return entry.description
	}
	return "the token is refused"
}

// Remedy says what to do.
func (r Reason) Remedy() string { return reasons[r].remedy }

// HTTPStatus returns the status of an HTTP answer: 401, or 503 if the same token may be accepted soon.
func (r Reason) HTTPStatus() int {
	if entry, known := reasons[r]; known {
		return entry.httpStatus
	}
	return 401
}

// IsTemporary reports whether the same token may be accepted soon.
func (r Reason) IsTemporary() bool { return r.HTTPStatus() == 503 }

// IsStricter reports whether the API server would accept a token that is refused for this reason.
func (r Reason) IsStricter() bool { return reasons[r].stricter }

// Family returns the group of the reason: "token", "header", "signature", "claims" or "bound_objects".
func (r Reason) Family() string {
	for _, family := range families {
		if family.first <= r && r <= family.last {
			return family.name
		}
	}
	return ""
}

// String returns the name.
func (r Reason) String() string { return r.Name() }

// MarshalText returns the name, so that JSON has it.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.Name()), nil }

// Error returns the description and the remedy.
func (r Reason) Error() string {
	if remedy := r.Remedy(); remedy != "" {
		return r.Description() + "; " + remedy
	}
	return r.Description()
}
