// This page answers a form that was sent. Back and Reload could show it only by sending the form again, so the browser
// shows its own error page instead. From now on they open its address: the form, or the page that its button is on.
history.replaceState(history.state, "", location.href);
