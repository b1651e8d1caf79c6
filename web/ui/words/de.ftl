# Die Oberfläche auf Deutsch.
starting = Wird gestartet …
elsewhere-title = Chancery ist in einem anderen Tab offen
elsewhere-text = Ein Tab zur Zeit hält Ihre Nachrichten. Dieser hier macht von selbst weiter, wenn der andere geschlossen wird.
join-title = Ihrer Organisation beitreten
join-text = Sie wurden zu { $host } eingeladen. Wählen Sie eine Passphrase, die Ihre Nachrichten in diesem Browser verschließt.
found-title = Ihre Organisation gründen
found-text = Sie sind die erste Person bei { $host }. Wählen Sie Ihren Namen und eine Passphrase, die Ihre Nachrichten in diesem Browser verschließt.
welcome-title = Willkommen bei Chancery
welcome-text = Nachrichten, die nur die Menschen in einem Raum lesen können. Zum Beitreten öffnen Sie den Einladungslink aus Ihrer Organisation, oder fügen ihn hier ein.
invitation = Einladungslink
go-on = Weiter
name = Ihr Name
name-hint = Kleinbuchstaben, Ziffern, Punkte und Striche. Andere sehen ihn neben dem, was Sie schreiben.
passphrase = Passphrase
passphrase-hint = Mindestens 10 Zeichen. Sie verlässt diesen Browser nie, und niemand kann sie wiederherstellen.
join = Beitreten
found = Gründen
working = Einen Moment …
unlock-title = Chancery entsperren
unlock-text = Ihre Nachrichten in diesem Browser sind verschlossen.
unlock = Entsperren
wrong-passphrase = Das ist nicht die Passphrase dieses Browsers.
no-invitation = Das ist kein Einladungslink. Er enthält „#join=“.
search = Suchen
search-words = Wörter
search-hint = Alle Räume werden durchsucht, nur in diesem Browser.
found-lines = { $count ->
    [one] 1 Nachricht
   *[other] { $count } Nachrichten
}
change = Ändern
change-under-way = Sie ändern, was Sie geschrieben haben
take-back = Zurücknehmen
rooms = Räume
no-rooms = Noch keine Räume. Öffnen Sie einen, oder warten Sie, bis jemand Sie hinzufügt.
new-room = Neuer Raum
room-name = Name des Raums
room-people = Menschen
room-people-hint = Ihre Namen, durch Leerzeichen getrennt. Weitere können später dazukommen.
open-room = Raum öffnen
cancel = Abbrechen
close = Schließen
back = Zurück zu den Räumen
unnamed = Neuer Raum
choose-room = Wählen Sie einen Raum, um zu lesen und zu schreiben.
people = Menschen
people-in = { $count ->
    [one] 1 Mensch
   *[other] { $count } Menschen
}
unread = { $count } neu
write-to = An { $room } schreiben
send = Senden
waiting = unterwegs
edited = geändert
gone = zurückgenommen
expired = seine Zeit war um
unopened = Eine Nachricht konnte nicht geöffnet werden ({ $why }).
said-by-others = erzählt von { $who }
you = Sie
offline = Keine Verbindung. Was Sie schreiben, wird aufbewahrt und später gesendet.
later = Der Server ist beschäftigt; was Sie geschrieben haben, wird gleich gesendet.
stopped = Dieser Raum wurde angehalten. Machen Sie hier nicht weiter, und sagen Sie es Ihrer Sicherheitsbeauftragten: { $why }
sealed = Nur { $count ->
    [one] die eine Person
   *[other] die { $count } Menschen
} in diesem Raum { $count ->
    [one] kann
   *[other] können
} es lesen.
invite = Einladen
invite-title = Jemanden einladen
invite-text = Schicken Sie { $who } diesen Link auf einem Weg, dem Sie trauen. Er gilt einmal.
invite-make = Link erstellen
person-name = Name
person-name-hint = Kleinbuchstaben, Ziffern, Punkte und Striche, etwa bob.jones.
copy = Kopieren
copied = Kopiert
role-owner = besitzt den Raum
role-moderator = leitet den Raum
role-member = Mitglied
invited-by = eingeladen von { $who }
founder = hat die Organisation gegründet
devices = { $count ->
    [one] 1 Gerät
   *[other] { $count } Geräte
}
bot = Programm von { $owner }
guest = Gast von { $sponsor }
reply-to = Antworten
reply-about = antwortet { $who }
react = Mit { $with } reagieren
reply-under-way = Sie antworten { $who }
today = Heute
yesterday = Gestern
