// Package media keeps the files that programs upload for their messages, and knows what WeCom calls
// them.
//
// A file is named by what is in it, so the same upload is the same file. It lies in a folder beside the
// database, which knows what it is and when it was last of use ([Store]). WeCom forgets after 3 days
// what is uploaded there; [Library.Upload] uploads a file when a message needs it, and again when that
// time ends.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Info is what is known of a file.
type Info struct {
	ID   string // delivery.MediaPrefix and a digest
	Type wecom.MediaType
	Name string // as readers of a wecom.MediaFile see it; of the other types it may be ""
	Size int64  // bytes

	Created time.Time
	// Used is when it was last uploaded here or named by a message, to the hour.
	Used time.Time
	// Needed is until when a message may still be sent that names it; zero if none did.
	Needed time.Time
}

// Upload is what WeCom calls a file.
type Upload struct {
	Owner   string    // whom it belongs to there: a corp, or a robot
	Media   string    // Info.ID
	WeComID string    // media_id
	At      time.Time // when the upload began
}

// Store keeps what is known of the files. Each method is one transaction, durable when it returns.
// Times are stored to the millisecond. Errors that are not named wrap delivery.ErrStorage.
type Store interface {
	// AddMedia stores a file and returns it; one that is there already, with its Used moved on.
	AddMedia(ctx context.Context, m Info) (Info, error)
	// Media returns a file, or delivery.ErrNoMedia.
	Media(ctx context.Context, id string) (Info, error)
	// UseMedia moves the times of a file on; neither is ever moved back. delivery.ErrNoMedia if it is
	// not there.
	UseMedia(ctx context.Context, id string, used, needed time.Time) error
	// DropMedia forgets up to n files that were last used before the one time, and needed before the
	// other, the longest unused first, and returns their ids.
	DropMedia(ctx context.Context, used, needed time.Time, n int) (ids []string, err error)

	// Uploads returns what WeCom calls a file, the oldest first.
	Uploads(ctx context.Context, owner, id string) ([]Upload, error)
	// AddUpload stores what WeCom calls a file.
	AddUpload(ctx context.Context, u Upload) error
	// DropUpload forgets that WeCom calls a file so.
	DropUpload(ctx context.Context, u Upload) error
	// DropUploads forgets up to n of those from before.
	DropUploads(ctx context.Context, before time.Time, n int) (dropped int, err error)
}

// idOf names a file by what readers get: WeCom shows the name of a wecom.MediaFile alone. sum is the
// SHA-256 of what is in it.
func idOf(kind wecom.MediaType, name string, sum []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, string(kind)+"\x00")
	if kind == wecom.MediaFile {
		_, _ = io.WriteString(h, name)
	}
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(sum)
	return delivery.MediaPrefix + digits.EncodeToString(h.Sum(nil))
}

var digits = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// isID reports whether text can be the id of a file: it is the name of one in the folder, too.
func isID(text string) bool {
	digest, ok := strings.CutPrefix(text, delivery.MediaPrefix)
	if !ok || len(digest) != digits.EncodedLen(sha256.Size) {
		return false
	}
	_, err := digits.DecodeString(digest)
	return err == nil
}
