package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/trektribe/bench/target/notify"
)

// maxText bounds the text of a notification.
const maxText = 2000

// notify takes a notification over. A client that leaves may have had it sent.
func (a *api) notify(w http.ResponseWriter, r *http.Request) {
	var n notify.Notification
	status, err := readBody(w, r, &n, `a notification: {"id":"…","userId":"…","text":"…"}`)
	if err == nil {
		status, err = http.StatusBadRequest, errors.Join(checkIDs("id", n.ID, "userId", n.UserID), checkText(n.Text))
	}
	if err != nil {
		refuse(w, status, err.Error())
		return
	}
	a.Notifier.Send(r.Context(), n)
	answer(w, http.StatusAccepted, n)
}

func checkText(text string) error {
	if text == "" || len(text) > maxText {
		return fmt.Errorf("text: want 1 to %d bytes", maxText)
	}
	return nil
}
