package wire_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/poshealth/poshealth/transport/wire"
)

const reference = "../../docs/reference/"

// asyncAPI is the document as plain data.
func asyncAPI(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(reference + "asyncapi.yaml")
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, yaml.Unmarshal(text, &document))
	require.Equal(t, "3.0.0", document["asyncapi"])
	return document
}

// TestAsyncAPIRefs: every $ref of the document leads somewhere, a local one to a part of it and another to a schema.
func TestAsyncAPIRefs(t *testing.T) {
	document := asyncAPI(t)
	refs := 0
	var walk func(node any)
	walk = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, n := range node {
				walk(n)
			}
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				refs++
				assert.NotNil(t, resolve(t, document, ref), ref)
			}
			for _, n := range node {
				walk(n)
			}
		}
	}
	walk(document)
	assert.Greater(t, refs, 40)
}

// resolve gives what a $ref names, nil where there is nothing.
func resolve(t *testing.T, document map[string]any, ref string) any {
	t.Helper()
	file, path, local := strings.Cut(ref, "#/")
	if !local {
		name, isSchema := strings.CutSuffix(filepath.Base(file), ".schema.json")
		if _, err := os.Stat(reference + file); err != nil || !isSchema {
			return nil
		}
		return schemaOf(t, name)
	}
	var node any = document
	for part := range strings.SplitSeq(path, "/") {
		inner, _ := node.(map[string]any)
		node = inner[part]
	}
	return node
}

// TestAsyncAPIIsWhole: a channel for each topic of the contract, each with one operation, its parameters and its place in the
// access list; and for each topic that the code names.
func TestAsyncAPIIsWhole(t *testing.T) {
	document := asyncAPI(t)
	channels, operations := at(document, "channels"), at(document, "operations")
	up := []string{"ack", "event", "get", "health", "history", "reported", "state"}
	down := []string{"cmd", "desired", "notice", "receipt"}
	assert.ElementsMatch(t, slices.Concat(up, down), slices.Collect(maps.Keys(channels)))
	assert.Len(t, operations, len(channels))
	for name := range channels {
		channel, action := at(channels, name), "send"
		if slices.Contains(down, name) {
			action = "receive"
		}
		operation := at(operations, action+strings.ToUpper(name[:1])+name[1:])
		assert.Equal(t, action, operation["action"], name)
		assert.Equal(t, "#/channels/"+name, at(operation, "channel")["$ref"], name)
		mqtt := at(operation, "bindings", "mqtt")
		assert.Equal(t, 1, mqtt["qos"], name)
		assert.Equal(t, name == "state" || name == "desired", mqtt["retain"], name)

		address, _ := channel["address"].(string)
		for _, parameter := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(address, -1) {
			assert.Contains(t, at(channel, "parameters"), parameter[1], name)
		}
		list := map[string]string{"send": "publish", "receive": "subscribe"}[action]
		entry := strings.NewReplacer("{terminal}", "%c", "{scope}", "#").Replace(address)
		assert.Contains(t, at(document, "x-acl", "terminal")[list], entry, "the access list of a terminal")
		assert.NotEmpty(t, at(channel, "messages"), name)
	}
	named := topicsInCode(t)
	require.Subset(t, named, []string{"state", "health", "event"}, "the code names its topics in another way now: teach this test")
	for _, topic := range named {
		assert.Contains(t, channels, topic, "the code speaks on a topic that the document does not have")
	}
}

// topicsInCode are the last levels of topics that the terminal's program and the fleet's name.
func topicsInCode(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, place := range []struct{ files, pattern string }{
		{"../../agent/*.go", `\bbase ?\+ ?"([a-z]+)"`},
		{"../../fleet/*.go", `filters\["pos/v1/[^\]]*/([a-z]+)"\]`},
		{"../../fleet/subscription.go", `(?s)\[filterCount\]string\{([^}]*)\}`},
	} {
		files, err := filepath.Glob(place.files)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range regexp.MustCompile(place.pattern).FindAllStringSubmatch(string(text), -1) {
				for _, topic := range regexp.MustCompile(`[a-z]+`).FindAllString(m[1], -1) {
					found[topic] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestAsyncAPISchemas: real messages are what the document says of their topic. Those of agents older than a field that became
// required since are read (v1_test.go), and are not what is promised now.
func TestAsyncAPISchemas(t *testing.T) {
	document := asyncAPI(t)
	for kind, topic := range map[string]string{"state": "state", "snapshot": "health", "event": "event", "batch": "history", "receipt": "receipt"} {
		var ref string
		for _, message := range at(document, "channels", topic, "messages") {
			link, _ := message.(map[string]any)["$ref"].(string)
			resolved, _ := resolve(t, document, link).(map[string]any)
			ref, _ = at(resolved, "payload", "schema")["$ref"].(string)
		}
		require.NotEmpty(t, ref, "%s names no schema", topic)
		schema, ok := resolve(t, document, ref).(*jsonschema.Schema)
		require.True(t, ok, ref)
		files, err := filepath.Glob("testdata/v1/" + kind + "-*")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range append(files, "testdata/"+kind+".json") {
			if strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(file, ".json"), ".packed"), "-01") && (kind == "snapshot" || kind == "event") {
				continue // of the first day, when an answer that rests on nothing had no rests_on
			}
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			plain, err := wire.Unpack(body)
			require.NoError(t, err)
			message, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(message), file)
		}
	}
}

// at goes down a document by names; an empty map where there is nothing.
func at(node map[string]any, path ...string) map[string]any {
	for _, name := range path {
		node, _ = node[name].(map[string]any)
	}
	return node
}
