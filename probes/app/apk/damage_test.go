package apk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// What was cut off anywhere is not read as another app, nor as this one.
func TestReadOfACutFile(t *testing.T) {
	for name, b := range fixtures(t) {
		for length := range len(b) {
			if got, err := read(b[:length], 0); err == nil {
				t.Errorf("%s cut to %d bytes was read as %v", name, length, got)
			}
		}
	}
}

// One wrong byte is an error, or does not matter, or changes a certificate: never more than that.
func TestReadOfADamagedFile(t *testing.T) {
	for _, name := range []string{"v1-chain", "ber", "rotated-33"} {
		whole := fixture(t, name)
		for at := range whole {
			for _, wrong := range []byte{0xff, 0x01} {
				if got, err := read(patch(whole, at, whole[at]^wrong), 0); err == nil {
					plausible(t, got)
				} else if got.Scheme != "" || got.Current != nil {
					t.Errorf("%s with another byte at %d: both signers and an error: %v, %v", name, at, got, err)
				}
			}
		}
	}
}

// plausible holds what must be true of all signers.
func plausible(t testing.TB, s apk.Signers) {
	t.Helper()
	require.Contains(t, []string{"v1", "v2", "v3", "v3.1"}, s.Scheme)
	require.NotEmpty(t, s.Current)
	require.LessOrEqual(t, len(s.Current), 10)
	if s.Scheme == "v1" || s.Scheme == "v2" {
		require.Empty(t, s.Past)
	} else {
		require.Len(t, s.Current, 1)
		require.LessOrEqual(t, len(s.Past), 100)
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range fixtures(f) {
		f.Add(b, uint8(0))
	}
	f.Add(signed(f, scheme(idV2, signerV2("a"), signerV2("b"))), uint8(24))
	f.Add(signed(f, scheme(idV31, signerV3("a", 33, 99, rotation("b", "a"), preview())), scheme(idV3, signerV3("b", 28, 32))), uint8(33))
	f.Add(app(f, file{"META-INF/A.SF", textOf("AndroidManifest.xml"), true}, file{"META-INF/A.EC", blockOf("a"), true}), uint8(23))
	f.Fuzz(func(t *testing.T, b []byte, sdk uint8) {
		got, err := read(b, int(sdk))
		if err != nil {
			require.Empty(t, got)
			require.NotEmpty(t, err.Error())
			return
		}
		plausible(t, got)
		again, err := read(b, int(sdk))
		require.NoError(t, err)
		require.Equal(t, got, again)
		cut, err := read(b[:len(b)-1], int(sdk))
		if err == nil { // a comment may hold another archive
			plausible(t, cut)
		}
	})
}

// FuzzReadBlock leaves the archive alone and changes what stands in its signing block, FuzzReadPKCS7 the signature block.
func FuzzReadBlock(f *testing.F) {
	f.Add(scheme(idV2, signerV2("a"), signerV2("b")), uint8(24))
	f.Add(join(scheme(idV31, signerV3("a", 33, 99, rotation("b", "a"), preview())), scheme(idV3, signerV3("b", 28, 32))), uint8(33))
	f.Fuzz(func(t *testing.T, pairs []byte, sdk uint8) {
		if got, err := read(signed(t, pairs), int(sdk)); err == nil {
			plausible(t, got)
		}
	})
}

func FuzzReadPKCS7(f *testing.F) {
	f.Add(blockOf("a"), textOf("AndroidManifest.xml"))
	f.Add(string(endless(0x30, der(0x06, []byte(oidSignedData)))), "Name: Android\r\n Manifest.xml\r\n")
	f.Fuzz(func(t *testing.T, block, text string) {
		b := app(t, file{"META-INF/A.SF", text, true}, file{"META-INF/A.RSA", block, false})
		if got, err := read(b, 23); err == nil {
			plausible(t, got)
			require.Equal(t, "v1", got.Scheme)
		}
	})
}
