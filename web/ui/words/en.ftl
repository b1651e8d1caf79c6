# The interface in English.
starting = Starting …
elsewhere-title = Chancery is open in another tab
elsewhere-text = One tab at a time holds your messages. This one goes on by itself when the other is closed.
join-title = Join your organisation
join-text = You were invited to { $host }. Choose a passphrase that locks your messages in this browser.
found-title = Found your organisation
found-text = You are the first at { $host }. Choose your name, and a passphrase that locks your messages in this browser.
welcome-title = Welcome to Chancery
welcome-text = Messages that only the people in a room can read. To join, open the invitation link that somebody in your organisation gave you, or paste it here.
invitation = Invitation link
go-on = Go on
name = Your name
name-hint = Small letters, digits, dots and dashes. Others see it beside what you write.
passphrase = Passphrase
passphrase-hint = At least 10 characters. It never leaves this browser, and nobody can bring it back.
join = Join
found = Found it
working = One moment …
unlock-title = Unlock Chancery
unlock-text = Your messages in this browser are locked.
unlock = Unlock
wrong-passphrase = That is not the passphrase of this browser.
no-invitation = This is not an invitation link. It contains “#join=”.
search = Search
search-words = Words
search-hint = All rooms are searched, in this browser only.
found-lines = { $count ->
    [one] 1 message
   *[other] { $count } messages
}
change = Change
change-under-way = You change what you wrote
take-back = Take back
rooms = Rooms
no-rooms = No rooms yet. Open one, or wait until somebody adds you.
new-room = New room
room-name = Name of the room
room-people = People
room-people-hint = Their names, separated by spaces. You can add more later.
open-room = Open room
cancel = Cancel
close = Close
back = Back to rooms
unnamed = New room
choose-room = Choose a room to read and write.
people = People
people-in = { $count ->
    [one] 1 person
   *[other] { $count } people
}
unread = { $count } new
write-to = Write to { $room }
send = Send
waiting = on its way
edited = changed
gone = taken back
expired = its time was over
unopened = A message could not be opened ({ $why }).
said-by-others = told by { $who }
you = you
offline = Offline. What you write is kept and sent later.
later = The server is busy; what you wrote is sent in a moment.
stopped = This room was stopped. Do not go on here, and tell your security officer: { $why }
sealed = Only the { $count ->
    [one] person
   *[other] { $count } people
} in this room can read it.
invite = Invite
invite-title = Invite a person
invite-text = Send this link to { $who } by a way that you trust. It works once.
invite-make = Make a link
person-name = Name
person-name-hint = Small letters, digits, dots and dashes, such as bob.jones.
copy = Copy
copied = Copied
role-owner = owner
role-moderator = moderator
role-member = member
invited-by = invited by { $who }
founder = founded the organisation
devices = { $count ->
    [one] 1 device
   *[other] { $count } devices
}
bot = program of { $owner }
guest = guest of { $sponsor }
reply-to = Answer
reply-about = answers { $who }
react = React with { $with }
reply-under-way = You answer { $who }
today = Today
yesterday = Yesterday
