package contract

import (
	"encoding/json"
	"errors"
	"strings"
)

// What a message on a socket can be.
const (
	IsSession      = "session" // with the id of a session
	IsNotification = "message" // with the id of a notification
)

// Message is what a message on a socket is, and its id. The name is empty for any other
// message. An error says why the service contract does not allow it; a service with a
// contract of its own may send what it likes.
func (c *Contract) Message(text []byte) (name, id string, err error) {
	socket, _ := c.Has(Socket)
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		if c != nil {
			return "", "", nil
		}
		return "", "", errors.New("not a JSON object")
	}
	is := ""
	if socket.Type != "" {
		if is = socket.Words[strings.ToLower(plain(socket.Type.In(text)))]; is == "" {
			return "", "", nil
		}
	}
	for _, one := range []struct {
		name  string
		place Place
	}{{IsSession, socket.Session}, {IsNotification, socket.Message}} {
		if is != "" && is != one.name || one.place == "" {
			continue
		}
		if id := IDText(one.place.In(text)); id != "" {
			return one.name, id, nil
		}
	}
	if c != nil {
		return "", "", nil
	}
	return "", "", map[string]error{IsSession: errors.New("a session without a socketId"), IsNotification: errors.New("a notification without an id")}[is]
}
