package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/enrol"
)

// TestOverlaid: what came with an identity stands in the place of what is local, but for where things lie; what cannot be used leaves a
// terminal that can still be reached.
func TestOverlaid(t *testing.T) {
	folder := enrol.NewFolder("/state/identity")
	local := config.Default()
	local.Terminal.ID, local.Terminal.StateDir, local.Terminal.Lang = "local", "/state", "en"
	local.Enrol.URL = "https://enrol.example"
	grant := enrol.Grant{Terminal: "T1", Tenant: "shop-12", Broker: "tls://broker.example:8883"}

	got, err := overlaid(local, enrol.Identity{Grant: grant}, folder, nil)
	require.NoError(t, err)
	want := local
	want.Terminal.ID, want.Terminal.Tenant, want.MQTT.Broker = "T1", "shop-12", "tls://broker.example:8883"
	want.MQTT.CertFile, want.MQTT.KeyFile = "/state/identity/chain.pem", "/state/identity/key.pem"
	assert.Equal(t, want, got)

	local.MQTT.Broker, local.MQTT.CertFile, local.MQTT.KeyFile = "tls://own.example:8883", "/c", "/k"
	got, err = overlaid(local, enrol.Identity{Grant: grant}, folder, nil)
	require.NoError(t, err)
	assert.Equal(t, local.MQTT, got.MQTT, "what is set holds")

	grant.Config = "[terminal]\nstate_dir = \"/other\"\nid = \"other\"\nlang = \"zh\"\n[enrol]\nurl = \"https://thief.example\"\n[app]\npackage = \"com.example.pay\"\n"
	got, err = overlaid(local, enrol.Identity{Grant: grant}, folder, nil)
	require.NoError(t, err)
	assert.Equal(t, local.Enrol, got.Enrol)
	assert.Equal(t, [4]string{"/state", "T1", "zh", "com.example.pay"}, [4]string{got.Terminal.StateDir, got.Terminal.ID, got.Terminal.Lang, got.App.Package})

	since := &remote{desired: &desired{k: keptDesired{Good: document{Version: 7}}}}
	got, err = overlaid(local, enrol.Identity{Grant: grant}, folder, since)
	require.NoError(t, err)
	assert.Equal(t, "en", got.Terminal.Lang, "what was said from afar since holds")

	local.MQTT = config.Default().MQTT
	for _, wrong := range []enrol.Grant{
		{Terminal: "T1", Tenant: "shop-12", Config: "nonsense = ", Broker: "tls://broker.example:8883"},
		{Terminal: "T1", Tenant: "shop-12", Broker: "ftp://broker.example"},
	} {
		got, err = overlaid(local, enrol.Identity{Grant: wrong}, folder, nil)
		require.Error(t, err)
		assert.Equal(t, [2]string{"T1", "en"}, [2]string{got.Terminal.ID, got.Terminal.Lang})
		require.NoError(t, got.Validate())
	}
}

// TestMachineFacts: what a board without serial numbers says is none.
func TestMachineFacts(t *testing.T) {
	root := t.TempDir()
	store(t, root, "proc/cpuinfo", "processor\t: 0\nHardware\t: x\nSerial\t\t: 0000000000000000\n")
	store(t, root, "proc/device-tree/serial-number", "c3d9b8674f4b94f6\x00")
	store(t, root, "sys/block/mmcblk0/device/cid", "150100524831534d4200f9b5a1c2b3d4\n")
	assert.Equal(t, map[string]string{"board": "c3d9b8674f4b94f6", "flash": "150100524831534d4200f9b5a1c2b3d4"}, machineFacts("", terminal.Open(root)))
	assert.Equal(t, map[string]string{"serial": "PB0519AB"}, machineFacts("PB0519AB", terminal.Open(t.TempDir())))
}

// TestObserveEnrolment: what is said in each state.
func TestObserveEnrolment(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	life := 90 * 24 * time.Hour
	for _, row := range []struct {
		status  enrol.Status
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{enrol.Status{}, probes.Unknown, "connecting"},
		{enrol.Status{State: enrol.NoToken}, probes.Unknown, "no-token"},
		{enrol.Status{State: enrol.Enrolled, Ends: now.Add(life), Life: life}, probes.Pass, ""},
		{enrol.Status{State: enrol.Refused, Word: enrol.Used}, probes.Fail, "refused"},
		{enrol.Status{State: enrol.Unreachable}, probes.Fail, "unreachable"},
		{enrol.Status{State: enrol.Unreachable, Ends: now.Add(life / 4), Life: life}, probes.Pass, ""},
		{enrol.Status{State: enrol.Unreachable, Ends: now.Add(life / 11), Life: life}, probes.Fail, "renewal-fails"},
		{enrol.Status{State: enrol.Refused, Ends: now.Add(-life), Life: life}, probes.Fail, "renewal-fails"},
		{enrol.Status{State: enrol.Clone, Ends: now.Add(life / 4), Life: life}, probes.Fail, "clone-suspected"},
		{enrol.Status{State: enrol.Damaged}, probes.Fail, "damaged"},
	} {
		e := &enrolment{status: row.status, now: func() time.Time { return now }}
		o := e.Observe(t.Context())
		assert.Equal(t, row.outcome, o.Outcome, "%+v", row.status)
		assert.Equal(t, row.reason, o.Reason, "%+v", row.status)
	}
}
