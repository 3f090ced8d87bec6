package gateway

import "strings"

// What stands before a phone number or an address among the users of a message. No user id has a colon
// in it.
const (
	mobilePrefix = "mobile:"
	emailPrefix  = "email:"
)

// Mobile names a member by phone number (5 to 32 digits, perhaps a + before them), where a message
// through a gateway takes user ids: wecom.To{Users: []string{gateway.Mobile("13800000002")}}. The
// gateway looks the member up. One who is not found is among the InvalidUsers of the receipt, by this
// name.
func Mobile(number string) string { return mobilePrefix + number }

// Email names a member by email address, of the corp or personal, likewise. At most 64 bytes.
func Email(address string) string { return emailPrefix + address }

// byName takes users apart by what they are named by.
func byName(users []string) (r Receivers) {
	for _, user := range users {
		if number, ok := strings.CutPrefix(user, mobilePrefix); ok {
			r.Mobiles = append(r.Mobiles, number)
		} else if address, ok := strings.CutPrefix(user, emailPrefix); ok {
			r.Emails = append(r.Emails, address)
		} else {
			r.Users = append(r.Users, user)
		}
	}
	return r
}

// unknown lists those whom the gateway did not find, of a delivery that was sent.
func (d *Delivery) unknown() (names []string) {
	if d.Status != Sent && d.Status != PartlySent && d.Status != Recalled {
		return nil
	}
	for _, number := range d.To.Mobiles {
		if d.To.Found[number] == "" {
			names = append(names, Mobile(number))
		}
	}
	for _, address := range d.To.Emails {
		if d.To.Found[address] == "" {
			names = append(names, Email(address))
		}
	}
	return names
}
