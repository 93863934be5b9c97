/* What the seat's own files share. */
#pragma once

#include "receiver/budget.h"
#include "receiver/hold.h"
#include "receiver/seat.h"

struct LecSeat {
    const LecHouse *house;
    const LecSeatEvents *events;
    void *user;
    guint id;
    char *name, *source, *door, *sas;
    char device[LEC_FINGERPRINT_TEXT_SIZE]; /* empty: none */
    bool loopback, may_come_back;
    LecSeatState state;
    guint pauses; /* LecSeatPause */
    bool hidden;
    guint position;  /* of the tile that was hidden; G_MAXUINT: at the end */
    bool was_focus;  /* that tile was the large one */
    guint focus_set; /* the stage's count then */
    gint64 since_us;

    LecMediaParams *answer;
    LecLink *link;
    LecLinkState link_state;
    LecLinkStats link_stats;
    int video, audio; /* section indices, −1: none */

    LecPlayback *playback;
    LecTile *tile;
    LecHold *hold;     /* pictures wait here for their sound */
    LecFrame *picture; /* the newest */
    guint pictures;
    guint width, height; /* of the newest */
    gint64 picture_us;   /* when it came, or the seat was opened */
    gint64 shown_sender_us;
    LecTileStats tile_stats;
    LecPlaybackLoad load; /* of the last second */
    LecBudgetShare share; /* what it is asked for */
};
