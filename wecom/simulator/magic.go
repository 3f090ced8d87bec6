package simulator

// Magic members exist in every corp and are seen by every app, without being in the world, in a
// department, in a tag or in @all. They let a program in any language meet what is hard to arrange.
const (
	magicInvalid    = "sim-invalid"    // never exists
	magicUnlicensed = "sim-unlicensed" // exists and has no licence
	magicSlow       = "sim-slow"       // gets every message; the answer takes a while
)

// isMagic takes a userid in lower case.
func isMagic(key string) bool {
	return key == magicInvalid || key == magicUnlicensed || key == magicSlow
}

// magicMembers is the beginning of a corp's member list. sim-invalid is magic by being absent from
// it: World.Validate keeps anybody else from taking the name.
func magicMembers() map[string]*member {
	return map[string]*member{
		magicUnlicensed: {id: magicUnlicensed, key: magicUnlicensed, name: magicUnlicensed, magic: true},
		magicSlow:       {id: magicSlow, key: magicSlow, name: magicSlow, licensed: true, magic: true},
	}
}
