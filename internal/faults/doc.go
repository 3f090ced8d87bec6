// Package faults holds tests that break what the gateway stands on, and look for messages that were
// lost or seen twice. They run the program itself, in processes of its own, against a simulator in the
// test's: it is killed without warning, its disk is full, its connections break, its settings are wrong.
// They also take it through all of that with every secret known, and search what it said for them.
//
// They need Linux, for what they do to processes and disks. What is random follows from -seed, which
// every run prints, as far as the timing of processes allows; -kills and -waiting make it longer, which
// "make faults" does.
package faults
