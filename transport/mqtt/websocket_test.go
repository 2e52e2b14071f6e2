package mqtt_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// webBroker speaks websocket with these subprotocols and lets serve have each connection that is up.
func webBroker(t *testing.T, subprotocols []string, serve func(ws *websocket.Conn)) string {
	t.Helper()
	upgrader := websocket.Upgrader{Subprotocols: subprotocols}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = ws.Close() }()
		serve(ws)
		_, _, _ = ws.ReadMessage() // until the terminal hangs up
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestWebsocketThatIsNotForMQTT(t *testing.T) {
	broker := webBroker(t, nil, func(*websocket.Conn) {})
	require.ErrorIs(t, refused(t, optionsFor(broker), mqtt.StageWebsocket), mqtt.ErrProtocol)
}

func TestWebsocketThatBehavesOddly(t *testing.T) {
	for _, row := range []struct {
		name  string
		serve func(ws *websocket.Conn)
		want  error
	}{
		{"text instead of bytes", func(ws *websocket.Conn) {
			_ = ws.WriteMessage(websocket.TextMessage, []byte{0x20, 2, 0, 0})
		}, mqtt.ErrProtocol},
		{"a farewell instead of an answer", func(ws *websocket.Conn) {
			_ = ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, "bye"))
		}, transport.ErrClosed},
		{"a refusal in pieces, with empty ones between", func(ws *websocket.Conn) {
			for _, piece := range [][]byte{{}, {0x20}, {}, {2, 0}, {5}} {
				_ = ws.WriteMessage(websocket.BinaryMessage, piece)
			}
		}, transport.ErrCredentials},
	} {
		t.Run(row.name, func(t *testing.T) {
			broker := webBroker(t, []string{"mqtt"}, func(ws *websocket.Conn) {
				_, _, _ = ws.ReadMessage() // CONNECT
				row.serve(ws)
			})
			require.ErrorIs(t, refused(t, optionsFor(broker), mqtt.StageMQTT), row.want)
		})
	}
}
