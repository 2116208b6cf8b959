package httpauth

import "sync"

// loggedEachSecond is how many refusals are logged in a second.
const loggedEachSecond = 10

// sample chooses the refusals to log: the first few of each second.
type sample struct {
	mutex      sync.Mutex
	second     int64
	count      int
	suppressed int64
}

// take returns how many refusals were left out before this one. It reports false if this one is to be left out.
func (s *sample) take(second int64) (suppressed int64, logged bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.second != second {
		s.second, s.count = second, 0
	}
	s.count++
	if s.count > loggedEachSecond {
		s.suppressed++
		return 0, false
	}
	suppressed, s.suppressed = s.suppressed, 0
	return suppressed, true
}
