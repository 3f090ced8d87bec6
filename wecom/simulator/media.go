package simulator

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
)

// medium is one uploaded file. It never changes.
type medium struct {
	id          string
	shelf       string // who may use it: a corp, or one robot
	kind        string // image, voice, video or file; picture for uploadimg
	name        string // that readers see
	contentType string
	data        []byte
	created     time.Time
	byURL       bool // uploaded by upload_by_url
}

// mediaLife is how long temporary media can be used (path/90253).
const mediaLife = 3 * 24 * time.Hour

// Shelves keep the media of corps and robots apart: a media_id of one is worth nothing to another.
func corpShelf(corpID string) string { return "corp " + corpID }
func robotShelf(key string) string   { return "robot " + key }

// expired says whether WeCom has thrown the medium away. Pictures stay for ever.
func (m *medium) expired(now time.Time) bool {
	return m.kind != pictureKind && !now.Before(m.created.Add(mediaLife))
}

func (m *medium) reader() *bytes.Reader { return bytes.NewReader(m.data) }

// media holds what was uploaded, the oldest going first when it becomes too much.
type media struct {
	mu    sync.RWMutex
	byID  map[string]*medium
	order []*medium // oldest first
	bytes int
}

const (
	maxMediaBytes = 256 << 20
	maxMedia      = 10_000
)

// keep gives m an id and a place. The newest medium stays whatever its size.
func (s *media) keep(m *medium) {
	m.id = newMediaID()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]*medium{}
	}
	s.byID[m.id] = m
	s.order = append(s.order, m)
	s.bytes += len(m.data)
	for len(s.order) > 1 && (s.bytes > maxMediaBytes || len(s.order) > maxMedia) {
		oldest := s.order[0]
		delete(s.byID, oldest.id)
		s.bytes -= len(oldest.data)
		s.order[0] = nil
		s.order = s.order[1:]
	}
}

// find is nil when there is no such medium on the shelf, or when it has expired.
func (s *media) find(shelf, id string, now time.Time) *medium {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := s.byID[id]
	if m == nil || m.shelf != shelf || m.expired(now) {
		return nil
	}
	return m
}

// any is the medium of this id, whoever may use it.
func (s *media) any(id string) *medium {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

func (s *media) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID, s.order, s.bytes = nil, nil, 0
}

// newMediaID looks like WeCom's: it begins with a 3 and is URL-safe base64.
func newMediaID() string {
	var b [48]byte
	rand.Read(b[:])
	return "3" + base64.RawURLEncoding.EncodeToString(b[:])
}

// Medium is an uploaded file, as tests and the inbox page see it.
type Medium struct {
	Type        string // image, voice, video, file or picture (of uploadimg)
	Name        string // the file name given at the upload
	ContentType string
	Data        []byte
	CreatedAt   time.Time // by the simulator's clock
}

// Media returns an uploaded file of a corp or of one of its robots by its media_id. It is gone after
// three days, or earlier when more than 256 MiB were uploaded since.
func (s *WeCom) Media(corpID, mediaID string) (Medium, bool) {
	m := s.findMedia(corpID, mediaID)
	if m == nil {
		return Medium{}, false
	}
	return Medium{m.kind, m.name, m.contentType, bytes.Clone(m.data), m.created}, true
}

func (s *WeCom) findMedia(corpID, mediaID string) *medium {
	corp := s.directory.Load().corps[corpID]
	if corp == nil {
		return nil
	}
	now := s.Now()
	if m := s.media.find(corpShelf(corpID), mediaID, now); m != nil {
		return m
	}
	for _, robot := range corp.robots {
		if m := s.media.find(robotShelf(robot.key), mediaID, now); m != nil {
			return m
		}
	}
	return nil
}
