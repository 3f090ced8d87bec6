package simulator

import "fmt"

// SetFaults replaces all faults, or changes nothing and says which one is not valid.
func (s *WeCom) SetFaults(list []Fault) error {
	for i, f := range list {
		if err := f.validate(); err != nil {
			return fmt.Errorf("faults[%d]: %w", i, err)
		}
	}
	s.faults.replace(list)
	return nil
}

// Faults returns the faults in force. Times is how often each will still happen; those used up are
// gone.
func (s *WeCom) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := make([]Fault, len(s.faults.list))
	for i, f := range s.faults.list {
		list[i] = *f
	}
	return list
}

// Fail adds a fault: the next call answers errcode.
//
//	sim.Fail("message/send", 45009)                       // once
//	sim.Fail("message/send", -1).Times(2).For(1000002)    // twice, for one app
//
// It counts from this moment, so say all before the calls start. Fail panics if the simulator does
// not know the call or errcode is 0: such a fault would never happen, and the test would not notice.
func (s *WeCom) Fail(call string, errcode int) *Failure {
	f := &Fault{Call: call, ErrCode: errcode, Times: 1}
	if err := f.validate(); err != nil {
		panic("simulator.Fail: " + err.Error())
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, f)
	s.faults.some.Store(true)
	return &Failure{&s.faults, f}
}

// Failure is a fault made by Fail that can still be narrowed.
type Failure struct {
	faults *faults
	fault  *Fault
}

// Times makes it happen n times; 0 is until the faults are replaced.
func (f *Failure) Times(n int) *Failure { return f.set(func(x *Fault) { x.Times = max(n, 0) }) }

// For narrows it to one app.
func (f *Failure) For(agentID int) *Failure { return f.set(func(x *Fault) { x.AgentID = agentID }) }

// To narrows it to messages for one member.
func (f *Failure) To(userID string) *Failure { return f.set(func(x *Fault) { x.User = userID }) }

func (f *Failure) set(change func(*Fault)) *Failure {
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	change(f.fault)
	return f
}
