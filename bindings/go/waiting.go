package boundtoken

// waiting is those who wait for changes of objects. The store's mutex guards it.
type waiting struct {
	by    map[ObjectReference]map[*waiter]struct{}
	woken woken
}

// waiter waits for changes of one object.
type waiter struct {
	reference ObjectReference
	changed   func()
}

// woken is whom to call about changes.
type woken []*waiter

func (w *waiting) add(reference ObjectReference, changed func()) *waiter {
	one := &waiter{reference, changed}
	if w.by == nil {
		w.by = make(map[ObjectReference]map[*waiter]struct{})
	}
	if w.by[reference] == nil {
		w.by[reference] = make(map[*waiter]struct{})
	}
	w.by[reference][one] = struct{}{}
	return one
}

func (w *waiting) remove(one *waiter) {
	delete(w.by[one.reference], one)
	if len(w.by[one.reference]) == 0 {
		delete(w.by, one.reference)
	}
}

// wake notes that an object changed.
func (w *waiting) wake(reference ObjectReference) {
	for one := range w.by[reference] {
		w.woken = append(w.woken, one)
	}
}

// take returns whom to call about what was noted.
func (w *waiting) take() woken {
	woken := w.woken
	w.woken = nil
	return woken
}

// call calls them. The caller holds no lock.
func (w woken) call() {
	for _, one := range w {
		one.changed()
	}
}
