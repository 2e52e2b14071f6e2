package fleet_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/wire"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata")

// TestStories tells each file's messages, and compares what is told with what the file says, in both languages. A message is
// a line: time, terminal, kind, body.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/story/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.Len(t, archive.Files, 3, "want the parts messages, en and zh")
			messages := parse(t, string(archive.Files[0].Data))
			for i := range archive.Files[1:] {
				part := &archive.Files[i+1]
				got := tellAll(messages, part.Name)
				if *update {
					part.Data = []byte(got)
					continue
				}
				assert.Equal(t, string(part.Data), got, "in %s; if it should be so, rewrite it with -update", part.Name)
				assert.Equal(t, got, tellAll(packed(messages), part.Name), "packed messages tell the same")
			}
			if *update {
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
		})
	}
}

func parse(t *testing.T, text string) []fleet.Message {
	t.Helper()
	var messages []fleet.Message
	for line := range strings.Lines(text) {
		field := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		require.Len(t, field, 4, "want time, terminal, kind and body: %q", line)
		at, err := time.Parse(time.DateTime, "2026-07-01 "+field[0])
		require.NoError(t, err)
		messages = append(messages, fleet.Message{Topic: "pos/v1/demo/" + field[1] + "/" + field[2], Body: []byte(field[3]), At: at})
	}
	return messages
}

func packed(messages []fleet.Message) []fleet.Message {
	all := slices.Clone(messages)
	for i := range all {
		all[i].Body = wire.Pack(all[i].Body)
	}
	return all
}

func tellAll(messages []fleet.Message, lang string) string {
	story := fleet.NewStory(fleet.StoryOptions{Tenant: "demo", Lang: lang})
	var b strings.Builder
	for _, m := range messages {
		for _, line := range story.Tell(m) {
			fmt.Fprintln(&b, line)
		}
	}
	return b.String()
}

const (
	readyPulse = `{"schema":1,"session":{"boot_id":"b","seq":%d,"boot_s":%d},"verdict":{"take_card":{"level":"ready"},"settle":{"level":"unknown"}}}`
	birth      = `{"schema":1,"online":true,"epoch":1}`
)

func TestStoryNamesTheTenantWhereAllAreWatched(t *testing.T) {
	story := fleet.NewStory(fleet.StoryOptions{})
	got := story.Tell(fleet.Message{Topic: "pos/v1/shop-12/T1/state", Body: []byte(birth), At: time.Now()})
	require.Len(t, got, 1)
	assert.Equal(t, "shop-12/T1", got[0].Terminal)
}

func TestStoryIsBounded(t *testing.T) {
	story := fleet.NewStory(fleet.StoryOptions{})
	at := time.Now()
	tell := func(n int) []fleet.Line {
		return story.Tell(fleet.Message{Topic: fmt.Sprintf("pos/v1/t/T%d/state", n), Body: []byte(birth), At: at})
	}
	for n := range fleet.MaxTerminals {
		require.Len(t, tell(n), 1)
	}
	got := tell(fleet.MaxTerminals)
	require.Len(t, got, 1)
	assert.Equal(t, fleet.Dropped, got[0].Kind)
	assert.Contains(t, got[0].Text, "10000")
	assert.Empty(t, tell(fleet.MaxTerminals+1), "said once a minute is enough")
	assert.Empty(t, tell(5), "who was there before is still known")
}

func TestSlowBootClockIsNotLate(t *testing.T) {
	story := fleet.NewStory(fleet.StoryOptions{})
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	flip := [2]string{`ready`, `unknown`}
	// 100 ppm slow for ten days is 86 s: no message was late.
	for hour := range 240 {
		at := start.Add(time.Duration(hour) * time.Hour)
		boot := float64(hour) * 3600 * (1 - 100e-6)
		body := fmt.Sprintf(`{"schema":1,"session":{"boot_id":"b","seq":%d,"boot_s":%f,"at":%q},"verdict":{"take_card":{"level":%q},"settle":{"level":"unknown"}}}`,
			hour, boot, at.Format(time.RFC3339), flip[hour%2])
		for _, line := range story.Tell(fleet.Message{Topic: "pos/v1/t/T1/health", Body: []byte(body), At: at}) {
			require.Zero(t, line.Late, "in hour %d", hour)
		}
	}
}

// FuzzStory tells whatever comes: nothing panics, no line takes over the reader's screen, and one message makes few of them.
func FuzzStory(f *testing.F) {
	files, err := filepath.Glob("testdata/story/*.txtar")
	require.NoError(f, err)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(f, err)
		for line := range strings.Lines(string(archive.Files[0].Data)) {
			field := strings.SplitN(line, " ", 4)
			f.Add("pos/v1/demo/"+field[1]+"/"+field[2], []byte(field[3]))
		}
	}
	f.Add("", []byte(nil))
	f.Add("pos/v1/+/#/event", []byte("{"))
	story := fleet.NewStory(fleet.StoryOptions{})
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		for _, after := range []time.Duration{0, time.Second, time.Hour} {
			lines := story.Tell(fleet.Message{Topic: topic, Body: body, At: at.Add(after)})
			require.LessOrEqual(t, len(lines), 200)
			for _, line := range lines {
				require.NotContains(t, line.String(), "\n")
				for _, r := range line.String() {
					require.True(t, unicode.IsPrint(r), "%q in %q", r, line)
				}
			}
		}
	})
}

func ExampleStory() {
	story := fleet.NewStory(fleet.StoryOptions{Tenant: "demo", Lang: "en"})
	at := time.Date(2026, 7, 1, 12, 0, 31, 0, time.UTC)
	for _, line := range story.Tell(fleet.Message{Topic: "pos/v1/demo/POS-0001/health", Body: fmt.Appendf(nil, readyPulse, 1, 1), At: at}) {
		fmt.Println(line)
	}
	// Output: 12:00:31  POS-0001  ✓ can take cards
}
