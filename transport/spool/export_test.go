package spool

// Stored reads every pending change where it lies, by its number.
func (s *Spool) Stored() (map[uint64]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[uint64]string{}
	for _, j := range s.journals {
		for _, e := range j.entries {
			body, err := j.body(e)
			if err != nil {
				return nil, err
			}
			all[e.number] = string(body)
		}
	}
	return all, nil
}

// Crash ends the spool as the end of the process does: nothing more is written, and the lock goes.
func (s *Spool) Crash() {
	s.crashed.Store(true)
	_ = s.Close()
}
