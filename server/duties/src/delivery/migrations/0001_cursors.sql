-- How far each device has acknowledged each room.
CREATE TABLE delivery_cursors (
    room {bytes} NOT NULL,
    device {bytes} NOT NULL,
    acknowledged BIGINT NOT NULL,
    PRIMARY KEY (room, device)
);
