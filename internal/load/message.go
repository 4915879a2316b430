package load

import (
	"encoding/json"
	"errors"
)

// messageOf is the event that a message on a socket is: "session" with the socketId, or
// "message" with the id of a notification. The name is empty for a message of any other
// type. An error says why the service contract does not allow the message.
func messageOf(text []byte) (name, detail string, err error) {
	var m struct {
		Type         json.RawMessage
		SocketID, ID json.RawMessage
	}
	if json.Unmarshal(text, &m) != nil {
		return "", "", errors.New("not a JSON object")
	}
	var missing error
	switch idText(m.Type) {
	case "session":
		name, detail, missing = "session", idText(m.SocketID), errors.New("a session without a socketId")
	case "notification":
		name, detail, missing = "message", idText(m.ID), errors.New("a notification without an id")
	default:
		return "", "", nil
	}
	if detail == "" {
		return "", "", missing
	}
	return name, detail, nil
}
