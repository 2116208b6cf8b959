package boundtoken

import (
	"context"
	"sync"

	"boundtoken.dev/go/internal/engine"
)

// mostQuestions is how many questions one token may cause. A token is bound to fewer objects.
const mostQuestions = 8

// asking verifies the few tokens whose objects a cluster must be asked about. It has an engine of its own, so that the answers
// count for the token that is verified, and for no other.
type asking struct {
	mutex   sync.Mutex
	engine  judge
	sources []*answeringSource
}

// answeringSource is a source of objects whose state may be known better from answers to questions.
type answeringSource struct {
	sourceForEngine
	asker ObjectAsker
	// answers is those for the token that is being verified.
	answers map[Object]ObjectState
	// wanted is the first object that the engine had to take for one that may still appear.
	wanted *Object
}

// newAsking returns nil if nobody can be asked.
func newAsking(newJudge newJudge, config engine.Config, issuers []issuerConfig) (*asking, error) {
	a := &asking{}
	trusted := append([]engine.Issuer(nil), config.Issuers...)
	for i, issuer := range issuers {
		if issuer.source != nil && issuer.asker != nil {
			source := &answeringSource{sourceForEngine: sourceForEngine{issuer.source}, asker: issuer.asker}
			a.sources = append(a.sources, source)
			trusted[i].Objects = source
		}
	}
	if len(a.sources) == 0 {
		return nil, nil
	}
	config.Issuers = trusted
	var err error
	a.engine, err = newJudge(config)
	return a, err
}

func (a *asking) replaceKeys(issuer int, document keyDocument) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, err := a.engine.ReplaceKeys(issuer, document.jwks, document.pem)
	return err
}

// verify asks about the objects of a token until the verdict does not depend on more of them. If ctx is done before, the
// verdict so far stays.
func (a *asking) verify(ctx context.Context, question question, soFar verdict) (verdict, error) {
	answers := make(map[Object]ObjectState)
	for range mostQuestions {
		next, wanted, asker, err := a.judge(question.later(), answers)
		if err != nil || wanted == nil || !isPending(next) {
			return next, err
		}
		answer := asker.AskObject(ctx, *wanted)
		if ctx.Err() != nil {
			return soFar, nil
		}
		answers[*wanted] = answer
		soFar = next
	}
	return soFar, nil
}

// judge verifies the token with what was answered so far. It returns the object to ask about next.
func (a *asking) judge(question question, answers map[Object]ObjectState) (
	said verdict, wanted *Object, asker ObjectAsker, err error,
) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, source := range a.sources {
		source.answers, source.wanted = answers, nil
	}
	said, err = ask(a.engine, question)
	for _, source := range a.sources {
		if source.wanted != nil {
			wanted, asker = source.wanted, source.asker
		}
		source.answers, source.wanted = nil, nil
	}
	return said, wanted, asker, err
}

func (s *answeringSource) State(kind uint32, namespace, name string) (engine.State, string, int64, bool) {
	reference := ObjectReference{Kind: ObjectKind(kind), Namespace: namespace, Name: name}
	for object, state := range s.answers {
		if object.ObjectReference == reference {
			return forEngine(state)
		}
	}
	return s.sourceForEngine.State(kind, namespace, name)
}

// IsGone says of an object that was asked about that it is gone: the answer is final. The engine asks only about objects that
// are absent or have another uid.
func (s *answeringSource) IsGone(kind uint32, namespace, name, uid string) bool {
	object := objectOf(kind, namespace, name, uid)
	if _, answered := s.answers[object]; answered {
		return true
	}
	if s.sourceForEngine.IsGone(kind, namespace, name, uid) {
		return true
	}
	if s.wanted == nil {
		s.wanted = &object
	}
	return false
}
