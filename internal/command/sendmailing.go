package command

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/internal/mailmerge"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// tally counts what became of the lines of a mailing.
type tally struct {
	accepted, before, failed int
	told                     map[int]bool // codes of problems whose hint was told
}

// sendMailing hands the messages over, a thousand at a time, and tells how many were taken.
func (c *cli) sendMailing(ctx context.Context, l *link, m *mailing, f *sendFlags, out *rejects) error {
	bar := c.progress(pick(c.lang, "sending", "发送"), len(m.items))
	defer bar.end()
	count := tally{told: map[int]bool{}}
	for from := 0; from < len(m.items); from += gateway.MaxBatch {
		to := min(from+gateway.MaxBatch, len(m.items))
		bar.show(from)
		bounded, cancel := context.WithTimeout(ctx, f.gatewayFlags.patience)
		results, err := l.Batch(bounded, m.items[from:to])
		cancel()
		for i, result := range results {
			line := m.table.Lines[from+i]
			if result.Err != nil {
				bar.end()
			}
			if err := c.countLine(&count, m, line, result, out, f.showAnswer); err != nil {
				return err
			}
		}
		if err != nil {
			bar.end()
			return explainStopped(err, m, &count)
		}
	}
	bar.show(len(m.items))
	bar.end()
	return c.tellMailing(m, &count, f.showAnswer)
}

// countLine tells what became of one line.
func (c *cli) countLine(count *tally, m *mailing, line mailmerge.Line, result gateway.Result, out *rejects, asJSON bool) error {
	answer := map[string]any{"line": line.Number}
	switch {
	case result.Err != nil:
		count.failed++
		text := strings.TrimPrefix(strings.TrimPrefix(result.Err.Error(), "gateway: "), "wecom: ")
		answer["error"] = text
		c.tellFailedLine(count, m, line, result.Err, text)
		if err := out.add(line, text); err != nil {
			return err
		}
	case result.Replayed:
		count.before++
	default:
		count.accepted++
	}
	if result.Err == nil {
		answer["id"], answer["status"], answer["replayed"] = result.ID, result.Status, result.Replayed
	}
	if !asJSON {
		return nil
	}
	return c.jsonLines(1, func(int) any { return answer })
}

// tellFailedLine tells of the first lines that failed, and once of each kind of problem what to do.
func (c *cli) tellFailedLine(count *tally, m *mailing, line mailmerge.Line, err error, text string) {
	if count.failed > mostTold {
		return
	}
	hint := ""
	var problem *gateway.Problem
	if errors.As(err, &problem) && !count.told[problem.Code] {
		count.told[problem.Code] = true
		hint = problem.Hint(c.lang)
		if problem.Code == gateway.CodeKeyReused {
			hint = pick(c.lang, "in the round "+m.round+" this line was sent with another text; --key NAME begins another round, in which all lines are sent",
				"该行在轮次 "+m.round+" 中已用其他内容发送过；--key 名称 可开始新的一轮，重新发送所有行")
		}
	}
	c.warn(fmt.Sprintf("%s:%d: %s", m.table.Name, line.Number, text), hint)
}

// explainStopped is an error in the middle of a mailing: how far it came, and that it can be repeated.
func explainStopped(err error, m *mailing, count *tally) error {
	text := fmt.Sprintf("%s: stopped after %d of %d lines: %s", m.table.Name, count.accepted+count.before+count.failed, len(m.items),
		strings.TrimPrefix(strings.TrimPrefix(err.Error(), "gateway: "), "wecom: "))
	f := failed("%s", text)
	f.cause = err
	return f.hint("run it again: what was accepted is not sent again", "重新运行即可：已接收的行不会重复发送")
}

// tellMailing sums up.
func (c *cli) tellMailing(m *mailing, count *tally, asJSON bool) error {
	text := fmt.Sprintf(pick(c.lang, "%d of %d lines accepted", "已接收 %d 行，共 %d 行"), count.accepted, len(m.items))
	if count.before > 0 {
		text += fmt.Sprintf(pick(c.lang, ", %d accepted before", "，之前已接收 %d 行"), count.before)
	}
	if count.failed > 0 {
		text += fmt.Sprintf(pick(c.lang, ", %d failed", "，失败 %d 行"), count.failed)
	}
	text += fmt.Sprintf(pick(c.lang, "; see them with: hongyan list --label %s\n", "；查看：hongyan list --label %s\n"),
		quote("csv="+labelValue(m.round)))
	if asJSON {
		fmt.Fprint(c.std.Err, text)
	} else if err := c.print(text); err != nil {
		return err
	}
	switch {
	case count.failed == len(m.items):
		return failed("none of the lines was accepted")
	case count.failed > 0:
		return errPartly
	}
	return nil
}

// rejects is the file of the lines that failed; nil is none.
type rejects struct {
	file  *os.File
	w     *csv.Writer
	at    int // of the column error
	lines int
}

// newRejects makes the file before anything is sent, so that it can be written when it is needed.
func newRejects(path string, table *mailmerge.Table) (*rejects, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, failed("%w", err)
	}
	r := &rejects{file: file, w: csv.NewWriter(file), at: slices.Index(table.Columns, "error")}
	heading := slices.Clone(table.Columns)
	if r.at < 0 {
		r.at, heading = len(heading), append(heading, "error")
	}
	return r, r.w.Write(heading)
}

func (r *rejects) add(line mailmerge.Line, why string) error {
	if r == nil {
		return nil
	}
	r.lines++
	fields := slices.Clone(line.Fields)
	if r.at == len(fields) {
		fields = append(fields, "")
	}
	fields[r.at] = why
	return r.w.Write(fields)
}

// close ends the file; one without lines is not left behind.
func (r *rejects) close() error {
	if r == nil {
		return nil
	}
	r.w.Flush()
	err := errors.Join(r.w.Error(), r.file.Close())
	if err == nil && r.lines == 0 {
		err = os.Remove(r.file.Name())
	}
	if err != nil {
		return failed("%w", err)
	}
	return nil
}
