package sqlite

import (
	"context"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
)

const mediaColumns = `id, kind, name, size, created, used, needed`

var (
	addMedia = prepare(`INSERT INTO media (` + mediaColumns + `) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET used = max(used, excluded.used), needed = max(needed, excluded.needed)
		RETURNING ` + mediaColumns)
	useMedia    = prepare(`UPDATE media SET used = max(used, ?), needed = max(needed, ?) WHERE id = ?`)
	findUnused  = prepare(`SELECT id FROM media INDEXED BY media_used WHERE used < ? AND needed < ? ORDER BY used LIMIT ?`)
	dropMedia   = prepare(`DELETE FROM media WHERE id = ?`)
	addUpload   = prepare(`INSERT OR REPLACE INTO uploads (owner, media, at, wecom_id) VALUES (?,?,?,?)`)
	dropUpload  = prepare(`DELETE FROM uploads WHERE owner = ? AND media = ? AND wecom_id = ?`)
	dropUploads = prepare(`DELETE FROM uploads WHERE (owner, media, at) IN (SELECT owner, media, at FROM uploads INDEXED BY uploads_at WHERE at < ? LIMIT ?)`)
	_           = media.Store((*Outbox)(nil))
)

func scanMedia(m *media.Info, scan func(...any) error) error {
	var created, used, needed int64
	err := scan(&m.ID, &m.Type, &m.Name, &m.Size, &created, &used, &needed)
	m.Created, m.Used, m.Needed = fromMillis(created), fromMillis(used), fromMillis(needed)
	return err
}

// AddMedia implements [media.Store].
func (o *Outbox) AddMedia(ctx context.Context, m media.Info) (media.Info, error) {
	var stored media.Info
	err := o.writer.write(ctx, func(t *tx) error {
		args := []any{m.ID, string(m.Type), m.Name, m.Size, millis(m.Created), millis(m.Used), millis(m.Needed)}
		return t.all(addMedia, args, func(scan func(...any) error) error { return scanMedia(&stored, scan) })
	})
	if err != nil {
		return media.Info{}, err
	}
	return stored, nil
}

// Media implements [media.Store].
func (o *Outbox) Media(ctx context.Context, id string) (media.Info, error) {
	var m media.Info
	err := o.each(ctx, `SELECT `+mediaColumns+` FROM media WHERE id = ?`, []any{id}, func(scan func(...any) error) error {
		return scanMedia(&m, scan)
	})
	if err == nil && m.ID == "" {
		err = delivery.ErrNoMedia
	}
	return m, err
}

// UseMedia implements [media.Store].
func (o *Outbox) UseMedia(ctx context.Context, id string, used, needed time.Time) error {
	return o.writer.write(ctx, func(t *tx) error {
		n, err := t.update(useMedia, millis(used), millis(needed), id)
		if err == nil && n == 0 {
			return delivery.ErrNoMedia
		}
		return err
	})
}

// DropMedia implements [media.Store].
func (o *Outbox) DropMedia(ctx context.Context, used, needed time.Time, n int) ([]string, error) {
	var ids []string
	err := o.writer.write(ctx, func(t *tx) error {
		ids = nil
		err := t.all(findUnused, []any{millis(used), millis(needed), int64(n)}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
		for i := 0; i < len(ids) && err == nil; i++ {
			err = t.exec(dropMedia, ids[i])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// Uploads implements [media.Store].
func (o *Outbox) Uploads(ctx context.Context, owner, id string) (all []media.Upload, err error) {
	const query = `SELECT at, wecom_id FROM uploads WHERE owner = ? AND media = ? ORDER BY at`
	err = o.each(ctx, query, []any{owner, id}, func(scan func(...any) error) error {
		u, at := media.Upload{Owner: owner, Media: id}, int64(0)
		err := scan(&at, &u.WeComID)
		u.At = fromMillis(at)
		all = append(all, u)
		return err
	})
	return all, err
}

// AddUpload implements [media.Store].
func (o *Outbox) AddUpload(ctx context.Context, u media.Upload) error {
	return o.writer.write(ctx, func(t *tx) error { return t.exec(addUpload, u.Owner, u.Media, millis(u.At), u.WeComID) })
}

// DropUpload implements [media.Store].
func (o *Outbox) DropUpload(ctx context.Context, u media.Upload) error {
	return o.writer.write(ctx, func(t *tx) error { return t.exec(dropUpload, u.Owner, u.Media, u.WeComID) })
}

// DropUploads implements [media.Store].
func (o *Outbox) DropUploads(ctx context.Context, before time.Time, n int) (int, error) {
	var dropped int64
	err := o.writer.write(ctx, func(t *tx) (err error) {
		dropped, err = t.update(dropUploads, millis(before), int64(n))
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(dropped), nil
}
