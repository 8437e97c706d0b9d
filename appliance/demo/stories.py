"""The sample cases: every kind of message, in both languages, in states an ordinary month at a centre brings. All invented."""

from __future__ import annotations

from appliance.demo.people import CASE_OFFICER, CENTRE_STAFF
from appliance.demo.stage import (
    Step,
    Story,
    acknowledges,
    citizen_says_fixed,
    citizen_writes,
    gives_to,
    passes_on,
    refers,
    replies,
    resolves,
    verifies,
)
from appliance.domain.consent import ABOUT_CASE
from appliance.web.texts import _l

FIRST_DAY = 26  # working days ago: the centre joined headquarters
AMINA, BARAKA, CHEBET = CENTRE_STAFF

STORIES = (
    Story(
        "queue", 21, "09:42",
        {"kind": "complaint", "lang": "sw", "service": "40228", "category": "delay", "rating": 1,
         "text": "Nilingoja saa nne kwenye foleni ya kitambulisho, kisha nikaambiwa mtandao umeanguka, nirudi kesho. Nimetoka mbali na nauli"
                 " imekwisha.",
         "name": "Wanjiku (jina la mfano)", "phone": "+254 700 000 001", "consent": ABOUT_CASE},
        (Step(21, "15:10", acknowledges(AMINA)), Step(20, "09:05", gives_to(BARAKA, AMINA))),
        _l("acknowledged, and long overdue"),
    ),
    Story(
        "licence", 18, "10:15",
        {"kind": "complaint", "lang": "en", "service": "40613", "category": "system-down", "rating": 2,
         "text": "The system was down when I came to renew my driving licence, and nobody could say when to come back."},
        (
            Step(18, "11:30", acknowledges(AMINA)),
            Step(17, "09:20", replies(AMINA, "We are sorry. The line to NTSA was repaired this morning. Come to counter 6 with your receipt"
                                             " code; you need not queue again.")),
            Step(16, "14:45", resolves(AMINA, "corrected", "Your licence was renewed today. Thank you for coming back.")),
            Step(15, "08:50", citizen_says_fixed(yes=True)),
        ),
        _l("resolved, and the citizen said: yes, fixed"),
    ),
    Story(
        "records", 9, "11:03",
        {"kind": "complaint", "lang": "en", "service": "64295f66c94a", "category": "no-reply", "rating": 1,
         "text": "I paid on eCitizen for a copy of my daughter's birth record seven weeks ago. The page still says processing, and the"
                 " telephone is never answered. She cannot register for her examination without it.",
         "phone": "+254 700 000 002", "consent": ABOUT_CASE},
        (
            Step(9, "14:20", acknowledges(AMINA)),
            Step(8, "10:00", replies(AMINA, "We have asked headquarters to speak with Civil Registration Services for you.")),
            Step(4, "09:35", replies(CASE_OFFICER, "Civil Registration Services found your payment under another number and joined the two."
                                                   " The copy leaves Nairobi on Friday; you can collect it at this centre from Monday.")),
        ),
        _l("answered by headquarters (an eCitizen service)"),
    ),
    Story(
        "counter", 6, "12:25",
        {"kind": "concern", "lang": "sw", "service": "41933", "category": "information",
         "text": "Kompyuta za eCitizen zina maelezo ya Kiingereza pekee. Mama yangu hakuweza kujaza fomu bila mtu wa kumsaidia.",
         "phone": "+254 700 000 003", "consent": ABOUT_CASE},
        (
            Step(6, "15:40", acknowledges(BARAKA)),
            Step(5, "10:10", replies(BARAKA, "Asante kwa kutuambia. Ni fomu gani hasa aliyojaribu kujaza, na siku gani?", ask=True)),
        ),
        _l("the officer asked the citizen something"),
    ),
    Story(
        "ramp", 11, "09:12",
        {"kind": "suggestion", "lang": "en", "service": "41944", "category": "access",
         "text": "Please put a handrail along the ramp at the side entrance. My father uses a stick and the ramp is slippery when it rains."},
        (
            Step(11, "11:00", acknowledges(AMINA)),
            Step(7, "16:05", replies(CHEBET, "A good idea. The handrail is ordered, and a mat lies on the ramp until it comes.")),
        ),
    ),
    Story(
        "hours", 1, "13:30",
        {"kind": "suggestion", "lang": "sw", "service": "41911", "category": "hours",
         "text": "Tafadhali fungueni Jumamosi asubuhi. Sisi tunaofanya kazi viwandani hatuwezi kuja siku za kazi."},
    ),
    Story(
        "thanks", 8, "10:48",
        {"kind": "compliment", "lang": "sw", "service": "40239", "category": "helpful", "rating": 4,
         "text": "Ofisa wa kaunta ya 3 alinisaidia kwa upole, akanieleza kila hatua. Nilipata kitambulisho changu kwa dakika kumi. Asante sana."},
        (Step(8, "15:00", verifies(BARAKA)), Step(7, "08:30", passes_on(CHEBET, AMINA))),
        _l("a compliment, passed on to the officer it praises"),
    ),
    Story(
        "quick", 0, "40",
        {"kind": "compliment", "lang": "en", "service": "41724", "category": "fast", "rating": 4,
         "text": "In and out in a quarter of an hour. It was not like this five years ago."},
    ),
    Story(
        "pin", 10, "14:02",
        {"kind": "complaint", "lang": "en", "service": "40723", "category": "fees", "rating": 2,
         "text": "A man outside the door took 500 shillings to change my iTax password. Inside I learnt that it is free."},
        (
            Step(10, "15:30", acknowledges(BARAKA)),
            Step(9, "09:00", refers(BARAKA, "KRA", "We have passed this to the Kenya Revenue Authority, since it concerns their service too."
                                                   " It stays open here until they answer.")),
        ),
        _l("referred to another institution, and still open"),
    ),
    Story(
        "clearance", 7, "08:36",
        {"kind": "complaint", "lang": "en", "service": "41020", "category": "document", "rating": 2,
         "text": "My HELB clearance certificate has a wrong name on it. I was told to write a letter and wait."},
        (
            Step(7, "10:20", acknowledges(AMINA)),
            Step(2, "11:15", resolves(AMINA, "corrected", "The certificate was printed again with the right name. It waits for you at counter 9.")),
        ),
        _l("resolved; the citizen is asked whether it is really fixed"),
    ),
    Story(
        "stima", 13, "15:20",
        {"kind": "concern", "lang": "sw", "service": "41812", "category": "system-down",
         "text": "Tokeni za stima nilizolipia hapa hazijafika kwenye mita yangu kwa siku mbili."},
        (
            Step(12, "08:40", acknowledges(AMINA)),
            Step(12, "09:00", gives_to(BARAKA, AMINA)),
            Step(11, "12:00", resolves(AMINA, "done", "Kenya Power wametuma tokeni upya kwa simu yako.")),
            Step(10, "09:25", citizen_says_fixed(yes=False)),
            Step(10, "09:28", citizen_writes("Tokeni zilizotumwa zinakataliwa na mita.")),
            Step(9, "11:45", gives_to(CHEBET, BARAKA)),
        ),
        _l("the citizen said it was not fixed: open again, with another officer"),
    ),
    Story(
        "birth", 0, "25",
        {"kind": "complaint", "lang": "sw", "service": "40316", "category": "conduct", "rating": 1,
         "text": "Mhudumu alizungumza nami kwa dharau mbele ya watu nilipouliza kuhusu cheti cha mtoto wangu."},
        (),
        _l("just filed"),
    ),
    Story(
        "online", 3, "20:17",
        {"kind": "complaint", "lang": "en", "service": "40415", "category": "delay", "rating": 2, "centre": "NBI",
         "text": "The e-passport help desk closed at three although the notice says five. I took the day off for nothing."},
        (Step(2, "08:20", acknowledges(BARAKA)), Step(2, "08:25", gives_to(BARAKA, AMINA)),
         Step(1, "10:40", replies(AMINA, "You are right, and we are sorry. Two of us were ill that day. Show this code and you need not queue."))),
        _l("filed on headquarters' page at night, answered by the centre"),
        at_hq=True,
    ),
    Story(
        "nation", 5, "19:48",
        {"kind": "suggestion", "lang": "sw", "category": "language",
         "text": "Jumbe za SMS za serikali ziandikwe kwa Kiswahili rahisi. Wazee wetu hawaelewi Kiingereza cha ofisini."},
        (Step(4, "09:10", acknowledges(CASE_OFFICER)),),
        at_hq=True,
    ),
)  # fmt: skip
