package wecom

import (
	"context"
	"strconv"
)

// UserIDByMobile returns the user id of the member with this phone number (path/95402), or an *[Error]
// with [CodeUserNotFound].
//
// WeCom blocks the call for a day when misses exceed a fifth of the corp's accounts (45009). A small
// corp gets there with a handful: do not try numbers in a loop, and remember those that were not found.
func (c *Client) UserIDByMobile(ctx context.Context, mobile string) (string, error) {
	check := checker{of: "lookup"}
	check.text("mobile", mobile, true, 32, Bytes, TooLong)
	if len(mobile) > 0 && len(mobile) < 5 {
		check.add(FieldError{Field: "mobile", Problem: Malformed, Detail: "it has at least 5 digits"})
	}
	if err := check.err(); err != nil {
		return "", err
	}
	return c.userID(ctx, "user/getuserid", map[string]string{"mobile": mobile})
}

// EmailKind is one of the two addresses of a member.
type EmailKind int

// The kinds of addresses.
const (
	CorpEmail     EmailKind = 1 // 企业邮箱, of the corp
	PersonalEmail EmailKind = 2
)

// UserIDByEmail returns the user id of the member with this address (path/95895), or an *[Error] with
// [CodeUserNotFound]. The rule about misses is that of [Client.UserIDByMobile].
func (c *Client) UserIDByEmail(ctx context.Context, email string, kind EmailKind) (string, error) {
	check := checker{of: "lookup"}
	check.text("email", email, true, 0, Bytes, TooLong)
	if kind != CorpEmail && kind != PersonalEmail {
		check.add(FieldError{Field: "email_type", Problem: NotKnown, Detail: "it is 1 or 2, given " + strconv.Itoa(int(kind))})
	}
	if err := check.err(); err != nil {
		return "", err
	}
	return c.userID(ctx, "user/get_userid_by_email", struct {
		Email string    `json:"email"`
		Kind  EmailKind `json:"email_type"`
	}{email, kind})
}

func (c *Client) userID(ctx context.Context, op string, in any) (string, error) {
	var a userIDAnswer
	err := c.postJSON(ctx, op, in, &a)
	return a.UserID, err
}

type userIDAnswer struct {
	status
	UserID string `json:"userid"`
}

func (a *userIDAnswer) complete() bool { return a.UserID != "" }

// UserStatus says whether a member uses WeCom.
type UserStatus int

// The states of a member.
const (
	UserActive       UserStatus = 1
	UserDisabled     UserStatus = 2
	UserNotActivated UserStatus = 4
	UserLeft         UserStatus = 5
)

// User is a member as the app may see it. An app that was made after 20 June 2022 gets no mobile,
// email, avatar and gender.
type User struct {
	ID             string     `json:"userid"`
	Name           string     `json:"name"`
	Alias          string     `json:"alias"`
	Position       string     `json:"position"`
	Departments    []int      `json:"department"` // those in the app's visible range
	Leads          []int      `json:"is_leader_in_dept"`
	MainDepartment int        `json:"main_department"`
	DirectLeaders  []string   `json:"direct_leader"`
	Status         UserStatus `json:"status"`
	Telephone      string     `json:"telephone"`
	Mobile         string     `json:"mobile"`   // this and the following only for older apps
	Email          string     `json:"email"`    // personal
	CorpEmail      string     `json:"biz_mail"` // of the corp
	Avatar         string     `json:"avatar"`   // address of the picture
	Gender         string     `json:"gender"`   // "1" male, "2" female, "0" not said
}

type userAnswer struct {
	status
	User
}

func (a *userAnswer) complete() bool { return a.ID != "" }

// User returns a member (path/90196): [CodeUserUnknown] if there is none, or 60011 if it is outside
// the visible range (可见范围) of the app.
func (c *Client) User(ctx context.Context, userID string) (User, error) {
	check := checker{of: "lookup"}
	check.text("userid", userID, true, maxUserIDBytes, Bytes, TooLong)
	if err := check.err(); err != nil {
		return User{}, err
	}
	var a userAnswer
	err := c.get(ctx, "user/get", &a, "userid", userID)
	return a.User, err
}

// Department is one department in the tree.
type Department struct {
	ID       int   `json:"id"` // 1 is the root
	ParentID int   `json:"parentid"`
	Order    int64 `json:"order"` // the larger the further up
}

type departmentsAnswer struct {
	status
	Departments []Department `json:"department_id"`
}

func (a *departmentsAnswer) complete() bool { return a.Departments != nil }

// Departments returns a department and all below it, or with 0 all that the app may see (path/95350).
// WeCom gives no names here.
func (c *Client) Departments(ctx context.Context, under int) ([]Department, error) {
	var a departmentsAnswer
	err := c.get(ctx, "department/simplelist", &a, withID("id", under)...)
	return a.Departments, err
}

// withID is the parameter of a call that may have an id; 0 means that it has none.
func withID(name string, id int) []string {
	if id == 0 {
		return nil
	}
	return []string{name, strconv.Itoa(id)}
}

// Tag is a tag and its name.
type Tag struct {
	ID   int    `json:"tagid"`
	Name string `json:"tagname"`
}

type tagsAnswer struct {
	status
	Tags []Tag `json:"taglist"`
}

func (a *tagsAnswer) complete() bool { return a.Tags != nil }

// Tags returns all tags of the corp (path/90216).
func (c *Client) Tags(ctx context.Context) ([]Tag, error) {
	var a tagsAnswer
	err := c.get(ctx, "tag/list", &a)
	return a.Tags, err
}

// TagMembers is who has a tag, as far as the app may see.
type TagMembers struct {
	Name        string      `json:"tagname"`
	Users       []TagMember `json:"userlist"`
	Departments []int       `json:"partylist"`
}

// TagMember is a member that has a tag.
type TagMember struct {
	ID   string `json:"userid"`
	Name string `json:"name"`
}

type tagAnswer struct {
	status
	TagMembers
}

func (a *tagAnswer) complete() bool { return a.Name != "" }

// Tag returns who has a tag (path/90213): 40068 if there is none.
func (c *Client) Tag(ctx context.Context, id int) (TagMembers, error) {
	var a tagAnswer
	err := c.get(ctx, "tag/get", &a, "tagid", strconv.Itoa(id))
	return a.TagMembers, err
}
