package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app/apk"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// maxShownSigners of each kind are given as facts: the vendor's own and the store's, and as many again.
const maxShownSigners = 4

// signature is what was read of a file, so that it is read once and not at every look.
type signature struct {
	path    string
	size    int64
	changed time.Time
	signers apk.Signers
}

// signer tells who signed the installed file. Nothing is told where it cannot be read; the capability report says why.
func (p *Probe) signer(ctx context.Context, o *probes.Observation, found dump.Package) {
	who, err := terminal.First(ctx, p.o.Terminal, "app-signer", terminal.Way[apk.Signers]{
		Source: "APK", Read: func(ctx context.Context) (apk.Signers, error) { return p.signers(ctx, found.CodePath) },
	})
	if err != nil {
		return
	}
	o.Facts = append(o.Facts, probes.Fact{Name: "scheme", Value: who.Scheme})
	o.Readings = append(o.Readings, probes.Reading{Name: "signers", Value: float64(len(who.Current)), Unit: probes.One})
	for _, list := range [...]struct {
		name    string
		digests []apk.Digest
	}{{"signer", who.Current}, {"past_signer", who.Past}} {
		for i, digest := range list.digests[:min(len(list.digests), maxShownSigners)] {
			name := list.name
			if i > 0 {
				name += "_" + strconv.Itoa(i+1)
			}
			o.Facts = append(o.Facts, probes.Fact{Name: name, Value: digest.String()})
		}
	}
}

func (p *Probe) signers(ctx context.Context, codePath string) (apk.Signers, error) {
	path, err := p.apkPath(codePath)
	if err != nil {
		return apk.Signers{}, err
	}
	file, err := p.o.Terminal.OpenFile(path)
	if err != nil {
		return apk.Signers{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return apk.Signers{}, &terminal.Error{What: path, Reason: probes.Malformed, Err: err}
	}
	if s := p.seal; s.path == path && s.size == info.Size() && s.changed.Equal(info.ModTime()) {
		return s.signers, nil
	}
	sdk := 0
	if props, err := p.o.Terminal.Props(ctx); err == nil {
		sdk, _ = strconv.Atoi(props["ro.build.version.sdk"]) // 0: not known
	}
	who, err := apk.Read(file, info.Size(), max(sdk, 0))
	if err != nil {
		reason := probes.Malformed
		if errors.Is(err, fs.ErrPermission) {
			reason = probes.Denied
		}
		return apk.Signers{}, &terminal.Error{What: path, Reason: reason, Err: err}
	}
	p.seal = signature{path: path, size: info.Size(), changed: info.ModTime(), signers: who}
	return who, nil
}

// apkPath is the app's base file: its code path is a folder, but for the vendor's own apps of old Androids.
func (p *Probe) apkPath(codePath string) (string, error) {
	const base = "base.apk"
	switch {
	case codePath == "":
		return "", &terminal.Error{What: "the app's APK", Reason: probes.Absent, Err: errors.New("where it lies is not told")}
	case !strings.HasPrefix(codePath, "/"):
		return "", &terminal.Error{What: "the app's APK", Reason: probes.Malformed, Err: fmt.Errorf("%.60q is no absolute path", codePath)}
	case strings.HasSuffix(codePath, ".apk"):
		return codePath, nil
	}
	names, err := p.o.Terminal.Names(codePath)
	if err != nil {
		// An app may open the file but not list the folder.
		return codePath + "/" + base, nil //nolint:nilerr // opening it tells
	}
	apks := slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".apk") })
	switch {
	case slices.Contains(apks, base):
		return codePath + "/" + base, nil
	case len(apks) == 1:
		return codePath + "/" + apks[0], nil
	}
	return "", &terminal.Error{What: codePath, Reason: probes.Absent, Err: fmt.Errorf("%d APKs in it, and none is %s", len(apks), base)}
}
