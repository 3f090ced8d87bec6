package doctor

import (
	"context"
	"errors"
	"fmt"
)

// Database is the state of the gateway's database.
type Database struct {
	Path           string
	Exists         bool
	Bytes          int64 // with its journal
	Schema, Newest int64 // the number of its schema, and the one this program has
}

// Disk is the space where the database is, in bytes, for the user that asks.
type Disk struct {
	Path        string
	Free, Total uint64
}

func examineDatabase(ctx context.Context, inspect func(context.Context) (Database, error)) []Finding {
	found := Finding{Subject: CheckDatabase, Check: CheckDatabase}
	db, err := inspect(ctx)
	switch {
	case err != nil:
		found.Level, found.Text = Red, Text{err.Error(), err.Error()}
		found.Hint = Text{"the error above says what to do; docs/durability.md has more about disks and backups",
			"处理方法见上面的错误信息；磁盘与备份见 docs/durability.md"}
	case !db.Exists:
		found.Level = Green
		found.Text = Text{db.Path + " is not there yet, and can be made: the gateway does so at its start",
			db.Path + " 尚不存在，可以创建：网关启动时会自动创建"}
	case db.Schema < db.Newest:
		found.Level = Yellow
		found.Text = Text{
			fmt.Sprintf("%s (%s) is of an older version: schema %d, this program has %d", db.Path, size(uint64(db.Bytes)), db.Schema, db.Newest),
			fmt.Sprintf("%s（%s）是旧版本的：schema %d，本程序为 %d", db.Path, size(uint64(db.Bytes)), db.Schema, db.Newest)}
		found.Hint = Text{"the gateway brings it up to date at its start; make a backup before", "网关启动时会自动升级；请先备份"}
	default:
		found.Level = Green
		found.Text = Text{
			fmt.Sprintf("%s (%s, schema %d) can be read and written", db.Path, size(uint64(db.Bytes)), db.Schema),
			fmt.Sprintf("%s（%s，schema %d）可读写", db.Path, size(uint64(db.Bytes)), db.Schema)}
	}
	return []Finding{found}
}

// How much space there should be, in bytes. A message takes about a kilobyte, more while the journal
// is large.
const (
	diskRed    = 64 << 20
	diskYellow = 1 << 30
)

func examineDisk(look func() (Disk, error)) []Finding {
	found := Finding{Subject: CheckDisk, Check: CheckDisk}
	disk, err := look()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		found.Level, found.Text = Skipped, Text{"not known on this system", "此系统无法获知"}
		return []Finding{found}
	case err != nil:
		found.Level, found.Text = Red, Text{err.Error(), err.Error()}
		return []Finding{found}
	case disk.Free < diskRed:
		found.Level = Red
	case disk.Free < diskYellow:
		found.Level = Yellow
	default:
		found.Level = Green
	}
	found.Text = Text{
		fmt.Sprintf("%s of %s are free at %s", size(disk.Free), size(disk.Total), disk.Path),
		fmt.Sprintf("%s 剩余 %s，共 %s", disk.Path, size(disk.Free), size(disk.Total))}
	if found.Level != Green {
		found.Hint = Text{
			"make room, or the gateway will take no more messages (503): move the database to a larger disk, or keep messages for a shorter time (retention.days)",
			"请腾出空间，否则网关将无法接收消息（503）：可把数据库移到更大的磁盘，或缩短保留时间（retention.days）"}
	}
	return []Finding{found}
}

func examineRedis(ctx context.Context, ask func(context.Context) error) []Finding {
	found := Finding{Subject: CheckRedis, Check: CheckRedis}
	if err := ask(ctx); err != nil {
		found.Level = Yellow // the gateway fetches its own token meanwhile
		found.Text = Text{err.Error(), err.Error()}
		found.Hint = Text{"check the address, the password and the firewall; until it answers each process fetches tokens of its own",
			"请检查地址、密码和防火墙；恢复之前，每个进程会各自获取 token"}
		return []Finding{found}
	}
	found.Level, found.Text = Green, Text{"it answers", "有应答"}
	return []Finding{found}
}

// size is a number of bytes for people.
func size(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	f, i := float64(n), 0
	for ; f >= 1024 && i < len(units)-1; i++ {
		f /= 1024
	}
	if i == 0 || f >= 100 {
		return fmt.Sprintf("%.0f %s", f, units[i])
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
