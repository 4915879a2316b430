package notify

// A parcel is a notification on its way.
type parcel struct {
	message
	text []byte
}

// key tells notifications apart.
func (p parcel) key() string { return p.UserID + "\x00" + p.ID }

// An outbox is what an instance has taken over, in that order: the last mostTold that Redis has confirmed, which
// an emptied Redis must have again, and all that it has not. The zero outbox is empty.
type outbox struct {
	all   []parcel
	keys  map[string]bool
	told  int // of all, the first so many: Redis has confirmed them
	shown int // the same: the sockets of this instance have had them
}

// mostTold bounds what is remembered of what Redis has confirmed.
const mostTold = 1000

// add reports whether p was not there yet, and how many there was no room for, which Redis has not confirmed.
func (o *outbox) add(p parcel) (added bool, lost int) {
	if o.keys[p.key()] {
		return false, 0
	}
	if o.keys == nil {
		o.keys = map[string]bool{}
	}
	o.keys[p.key()] = true
	o.all = append(o.all, p)
	for len(o.all) > kept || o.told > mostTold {
		if o.told == 0 {
			lost++
		}
		delete(o.keys, o.all[0].key())
		o.all = o.all[1:]
		o.told, o.shown = max(0, o.told-1), max(0, o.shown-1)
	}
	return true, lost
}

// untold lists the first that Redis has not confirmed, as many as most.
func (o *outbox) untold(most int) []parcel {
	return o.all[o.told:min(len(o.all), o.told+most)]
}

// tell notes that Redis has confirmed up to and with the last.
func (o *outbox) tell(last parcel) {
	for i := o.told; i < len(o.all); i++ {
		if o.all[i].key() == last.key() {
			o.told = i + 1
			return
		}
	}
}

// unshown lists what was not shown yet, and notes that it is.
func (o *outbox) unshown() []parcel {
	list := o.all[o.shown:]
	o.shown = len(o.all)
	return list
}

// show notes what was shown by its keys.
func (o *outbox) show(seen func(key string) bool) {
	for o.shown < len(o.all) && seen(o.all[o.shown].key()) {
		o.shown++
	}
}

// seen is a bounded set: the oldest go first.
type seen struct {
	keys  map[string]bool
	order []string // a ring, once it is full
	next  int
}

func newSeen(most int) seen { return seen{keys: map[string]bool{}, order: make([]string, 0, most)} }

func (s *seen) has(key string) bool { return s.keys[key] }

// add reports whether key was not in the set.
func (s *seen) add(key string) bool {
	if s.keys[key] {
		return false
	}
	s.keys[key] = true
	if len(s.order) < cap(s.order) {
		s.order = append(s.order, key)
		return true
	}
	delete(s.keys, s.order[s.next])
	s.order[s.next] = key
	s.next = (s.next + 1) % len(s.order)
	return true
}
