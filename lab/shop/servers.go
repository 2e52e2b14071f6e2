package shop

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes/probetest"
)

// patience is how long a server may take to begin, on two busy cores.
const patience = 20 * time.Second

// Zone is what the DNS servers know, unless they are told otherwise.
func Zone() map[string]string {
	return map[string]string{
		"acquirer-a.lab": HostA, "acquirer-b.lab": HostB, "acquirer-c.lab": HostC, "broker.lab": Broker, "portal.lab": Page, "time.lab": Time,
	}
}

// serve starts all servers of the internet, and waits until each listens.
func (s *Shop) serve(ctx context.Context) error {
	return errors.Join(s.Names(Zone()), s.startDNS(ctx, DNS1), s.startDNS(ctx, DNS2), s.startA(), s.startB(ctx), s.startC(ctx), s.startBroker(ctx), s.startPage(), s.startTime(ctx)) //nolint:contextcheck // servers live until the shop closes
}

// Names changes what both DNS servers answer; a name that is left out does not exist.
func (s *Shop) Names(zone map[string]string) error {
	var lines strings.Builder
	for name, address := range zone {
		fmt.Fprintf(&lines, "%s %s\n", address, name)
	}
	_, err := s.write("hosts", lines.String())
	for _, p := range s.servers {
		if strings.HasPrefix(p.name, "dnsmasq") {
			err = errors.Join(err, p.cmd.Process.Signal(syscall.SIGHUP))
		}
	}
	return err
}

func (s *Shop) startDNS(ctx context.Context, address string) error {
	return s.start(ctx, s.Internet, "dnsmasq-"+address, address+":53", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
		"--user=", "--listen-address="+address, "--bind-interfaces", "--addn-hosts="+s.Dir+"/hosts", "--local=/lab/", "--local-ttl=0")
}

// startA starts the host that can be broken in every way. Where it listens is looked after by its own switches.
func (s *Shop) startA() error {
	var err error
	s.A, err = probetest.NewTLSHostAt(probetest.TLSHostOptions{
		Names: []string{"acquirer-a.lab"}, Serve: s.answer,
		Listen: func() (net.Listener, error) { return listen(s.Internet, HostA+":443") },
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.A.Close)
	_, err = s.write("a-ca.pem", string(s.A.CA()))
	return err
}

// answer speaks HTTP with one client.
func (s *Shop) answer(conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_ = request.Body.Close()
	time.Sleep(time.Duration(s.delay.Load()))
	status := int(s.status.Load())
	if status == 0 {
		status = http.StatusOK
	}
	fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status, http.StatusText(status), time.Now().UTC().Format(http.TimeFormat))
}

func (s *Shop) startB(ctx context.Context) error {
	ca, chain, key, err := probetest.Certificate("acquirer-b.lab")
	if err != nil {
		return err
	}
	if err := s.writeAll(map[string][]byte{"b-ca.pem": ca, "b.pem": chain, "b.key": key}); err != nil {
		return err
	}
	conf, err := s.write("nginx.conf", fmt.Sprintf(`daemon off; master_process off; pid %[1]s/nginx.pid; error_log stderr; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %[1]s/nginx; proxy_temp_path %[1]s/nginx; fastcgi_temp_path %[1]s/nginx; uwsgi_temp_path %[1]s/nginx; scgi_temp_path %[1]s/nginx;
  server { listen %[2]s:443 ssl; ssl_certificate %[1]s/b.pem; ssl_certificate_key %[1]s/b.key; location / { return 200; } }
}
`, s.Dir, HostB))
	if err != nil {
		return err
	}
	return s.start(ctx, s.Internet, "nginx", HostB+":443", "nginx", "-p", s.Dir, "-c", conf)
}

// isoHost is what nobody here wrote: the npm package iso_8583 as a host.
//
//go:embed iso8583.js
var isoHost string

// startC starts the ISO 8583 host. Its mood is the file "mood": a response code, "silent" or "garbage".
func (s *Shop) startC(ctx context.Context) error {
	script, err := s.write("iso8583.js", isoHost)
	if err != nil {
		return err
	}
	return s.start(ctx, s.Internet, "iso8583", HostC+":6000", "env", "NODE_PATH="+s.Modules, "node", script, HostC, "6000", s.Dir+"/mood")
}

func (s *Shop) startBroker(ctx context.Context) error {
	ca, chain, key, err := probetest.Certificate("broker.lab")
	if err != nil {
		return err
	}
	if err := s.writeAll(map[string][]byte{"broker-ca.pem": ca, "broker.pem": chain, "broker.key": key}); err != nil {
		return err
	}
	conf, err := s.write("mosquitto.conf", fmt.Sprintf("listener 8883 %s\nallow_anonymous true\nuser root\ncafile %[2]s/broker-ca.pem\ncertfile %[2]s/broker.pem\nkeyfile %[2]s/broker.key\npersistence false\n", Broker, s.Dir))
	if err != nil {
		return err
	}
	return s.start(ctx, s.Internet, "mosquitto", Broker+":8883", "mosquitto", "-c", conf)
}

// RestartBroker ends the broker, and with it every connection, and starts it again.
func (s *Shop) RestartBroker(ctx context.Context) error {
	s.StopBroker()
	return s.StartBroker(ctx)
}

// StopBroker ends the broker, and with it every connection.
func (s *Shop) StopBroker() { s.servers["mosquitto"].stop() }

// StartBroker starts it again.
func (s *Shop) StartBroker(ctx context.Context) error {
	return s.start(ctx, s.Internet, "mosquitto", Broker+":8883", "mosquitto", "-c", s.Dir+"/mosquitto.conf")
}

func (s *Shop) startTime(ctx context.Context) error {
	conf, err := s.write("chrony.conf", fmt.Sprintf("port 123\nbindaddress %s\nlocal stratum 3\nallow\ncmdport 0\npidfile %s/chrony.pid\n", Time, s.Dir))
	if err != nil {
		return err
	}
	return s.start(ctx, s.Internet, "chronyd", "", append([]string{"chronyd"}, probetest.ChronyFlags(conf)...)...)
}

// startPage answers 204 on port 80, and a sign-in page on port 8080 of the router, to which nobody is led yet.
func (s *Shop) startPage() error {
	page, err := listen(s.Internet, Page+":80")
	if err != nil {
		return err
	}
	s.web(page, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	signIn, err := listen(s.Router, routerInside+":8080")
	if err != nil {
		return err
	}
	s.web(signIn, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://login.shop.example/start", http.StatusFound)
	})
	return nil
}

func (s *Shop) web(l net.Listener, f http.HandlerFunc) {
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	s.closers = append(s.closers, server.Close)
}

func listen(in *netns.Namespace, address string) (l net.Listener, err error) {
	err = in.Do(func() error {
		l, err = (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), "tcp", address)
		return err
	})
	return l, err
}

func (s *Shop) writeAll(files map[string][]byte) error {
	var all error
	for name, content := range files {
		_, err := s.write(name, string(content))
		all = errors.Join(all, err)
	}
	return all
}

// process is a server that runs until it is stopped.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string // file
}

// start runs a server and waits until it listens at a TCP address; "": it is not asked.
func (s *Shop) start(ctx context.Context, in *netns.Namespace, name, address string, argv ...string) error {
	if _, err := exec.LookPath(argv[0]); err != nil { // ip would start, and then tell nobody but its log
		return fmt.Errorf("%s is not installed (make lab installs it): %w", name, err)
	}
	log, err := os.OpenFile(s.Dir+"/"+name+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p := &process{name: name, cmd: in.Command(context.WithoutCancel(ctx), argv...), log: log.Name()}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", name, err)
	}
	s.servers[name] = p
	if address == "" {
		return nil
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err = in.Do(func() error {
			conn, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				err = conn.Close()
			}
			return err
		})
		if err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s does not listen: %w\n%s", name, err, p.said())
	}
	return nil
}

// stop ends it at once: what it held is of no use to anybody.
func (p *process) stop() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return p.name + " said:\n" + string(text)
}
