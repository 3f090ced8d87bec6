package command

import (
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestExamplesAreShellWords: what is printed to copy survives a shell, whatever a world calls things.
func TestExamplesAreShellWords(t *testing.T) {
	w := simulator.World{Corps: []simulator.Corp{{
		CorpID: "ww1", Apps: []simulator.App{{AgentID: 7, Secret: `it's $HOME`}}, Users: []simulator.User{{UserID: "a"}},
	}}}
	got := shellExamples("hongyan", "http://127.0.0.1:1", w)
	if !strings.Contains(got, `HONGYAN_SECRET='it'\''s $HOME'`) {
		t.Error(got)
	}
	if got := shellExamples("hongyan", "http://127.0.0.1:1", simulator.World{}); got != "" {
		t.Errorf("a world without apps has no examples: %s", got)
	}
}
