"""The words and templates of the demo data: all names are invented."""  # noqa: INP001

# Names

ARTISTS = (
    "Velvet Harbor", "Mira Solenne", "The Paper Foxes", "DJ Okapi", "Lunar Allotment",
    "Cassia Brandt", "Northern Kettle", "Honeyblade", "Irma Varga", "The Quiet Motors",
    "Tomo Arakaki", "Saltwater Choir", "Rue Delphine", "Glass Orchard", "Kid Meridian",
    "Odessa Plum", "The Lost Umbrellas", "Bram Castellan", "Neon Thistle", "Yara Lindqvist",
    "Copper Sundays", "Ghost Bakery", "Amara Field", "Static Lagoon",
)  # fmt: skip
SONGS = (
    "Paper Moon Parade", "Winter in July", "Hold the Tide", "Seven Lamps", "Cinnamon Road",
    "Slow Elevator", "Blue Receipt", "Harbor Lights Again", "Nobody's Garden", "Satellite Tea",
)  # fmt: skip
HANDLES = ("tapeloop", "mellow_ann", "bassline", "kiwi", "nightowl", "rina", "zed", "oldvinyl")
EMOJI = ("😂", "🔥", "❤️", "🎶", "👏", "😭", "🙌", "✨")
PLACES = ("Rotterdam", "Lyon", "Osaka", "Austin", "Florence", "Leeds", "Graz", "Victoria", "Perth")
FIRST_NAMES = (
    "Ada", "Amir", "Anouk", "Bela", "Carla", "Chidi", "Dana", "Elif", "Emeka", "Farid", "Florence",
    "Greta", "Hana", "Hugo", "Imani", "Ivo", "Jonas", "Kofi", "Lena", "Lucía", "Mateo", "Milo",
    "Nadia", "Noor", "Olga", "Priya", "Ravi", "Sana", "Soren", "Tess", "Umar", "Victoria", "Wanda",
    "Xavier", "Yuki", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Belmonte", "Castell", "Duvall", "Ekström", "Farrow", "Grönvall", "Haldane", "Ibarra",
    "Jankovic", "Keller", "Lindgren", "Marchetti", "Novak", "Okonkwo", "Pereira", "Quist", "Rahimi",
    "Sandoval", "Takeda", "Ueda", "Vance", "Weller", "Yilmaz", "Zeller",
)  # fmt: skip
COMPANIES = (
    ("Veltrano Systems", "Veltrano"),
    ("Brackenford Foods", "Brackenford"),
    ("Quillmere Bank", "Quillmere"),
    ("Tannerhook Logistics", "Tannerhook"),
    ("Lumovate Energy", "Lumovate"),
    ("Halberic Motors", "Halberic"),
    ("Corvane Airlines", "Corvane"),
    ("Ondrelle", "Ondrelle"),
    ("Pellmark Pharma", "Pellmark"),
    ("Stavrine Steel", "Stavrine"),
    ("Wexholm Media", "Wexholm"),
    ("Norvanta Capital", "Norvanta"),
    ("Kestrion Robotics", "Kestrion"),
    ("Dravelle Cosmetics", "Dravelle"),
    ("Ambrosk Shipping", "Ambrosk"),
    ("Fenwary Insurance", "Fenwary"),
    ("Gildamar Hotels", "Gildamar"),
    ("Hestrom Chemicals", "Hestrom"),
    ("Ivoryx Games", "Ivoryx"),
    ("Jarnfeld Rail", "Jarnfeld"),
    ("Kolvane Textiles", "Kolvane"),
    ("Lindhollow Timber", "Lindhollow"),
    ("Marvesta Retail", "Marvesta"),
    ("Orrinvale Water", "Orrinvale"),
    ("Plainscot Telecom", "Plainscot"),
    ("Quorlane Software", "Quorlane"),
    ("Rushmire Mining", "Rushmire"),
    ("Solbrake Solar", "Solbrake"),
    ("Farrow & Quist", "Farrow & Quist"),
    ("Keller Brothers", "Keller Brothers"),
)
LEGAL_FORMS = ("Ltd", "Inc", "GmbH", "plc", "AG")
PRODUCTS = (
    "kettle", "headset", "backpack", "desk lamp", "blender", "phone case", "router", "tent",
    "toaster", "camera strap", "yoga mat", "bike light", "suitcase", "keyboard", "water bottle",
)  # fmt: skip

# Comments

HAM = (
    "I {love|adore|really like} this {song|track|tune}",
    "{artist} never disappoints!",
    "{artist} at {minute} gives me chills",
    "the {drums|bass line|bridge|chorus|guitar solo} at {minute} is {amazing|insane|so good}",
    "who else is listening in {year}?",
    "this takes me back to {year}, what a summer",
    "saw {artist} live in {place}, best concert of my life",
    "{song} is still my favourite by {artist}",
    "can't stop playing {song}, it's been on repeat all week",
    "her voice in {song} is so beautiful it made me cry",
    "does anyone know the name of the {dancer|drummer|director} in this video?",
    "the {lyrics|video|ending} of {song} {is|are} underrated",
    "my {dad|grandma|little sister} {loves|sings along to} this one every morning",
    "honestly not their best, the {mix|chorus} feels flat",
    "I hate how short this is, {song} deserved another verse",
    "playing this at my wedding, {artist} forever",
    "the way the strings come in after the second verse, wow",
    "learned {song} on the piano because of this video",
)
HAM_HARD = (
    "check out the guitar at {minute}, unreal",
    "chords for {song} are at https://chords.example/{number} if anyone wants them",
    "I subscribed years ago because of this song",
    "if you like {artist} give the older albums a listen",
    "LOUDEST CHORUS EVER, I WOKE UP THE NEIGHBOURS",
    "the price of tickets in {place} is a joke, {number} dollars to see {artist}",
)
SPAM = (
    "check out my {channel|new channel|latest video} please!",
    "{please |}subscribe to my channel and I will subscribe back",
    "win a free {phone|gift card|console} at http://{site}/{number}",
    "visit www.{site} for {free|cheap} {followers|beats|downloads}",
    "I make ${number} a day from home, ask me how",
    "sub 4 sub? I return every single one",
    "click the link on my profile for a surprise {emoji}",
    "help me get to {number} subscribers!!!",
    "{guys|everyone|hey}, I uploaded a cover of {song}, come and watch it",
    "like this comment if you love {artist}, then check out my page",
    "giveaway on my channel, {number} winners every week",
    "earn money fast, details at https://{site}/join",
    "follow me @{site} and get a shoutout",
)
SPAM_HARD = (
    "small bedroom producer here, it would mean the world if you gave me a chance",
    "you will not regret typing {site} into your browser",
    "if you are bored, my profile has something special for you {emoji}",
    "I love {artist} so much that I recorded {number} covers, you know where to find them",
    "this song is amazing and so are the prizes we send out every week",
)
NOTHING = (
    "first", "😂😂😂", "…", "2:31", "any news about the album", "who produced this one and where",
    "which pedal is that, the grey one next to the amp", "hello from the night shift here tonight",
)  # fmt: skip
FOREIGN = {
    "de": (
        ("ham", "{artist} ist einfach großartig, dieses Lied höre ich jeden Tag"),
        ("spam", "schaut bitte auf meinem Kanal vorbei, ich verlose {number} Karten"),
    ),
    "es": (
        ("ham", "qué canción tan bonita, {artist} nunca falla"),
        ("spam", "suscríbete a mi canal y gana un teléfono en www.{site}"),
    ),
    "ja": (
        ("ham", "{artist} の声が大好きです"),
        ("spam", "チャンネル登録お願いします！ https://{site}"),
    ),
}

# News

NEWS = (
    "{ORG} said on Monday it would buy {ORG2} for {MONEY}.",
    "Shares of {ORG} fell {percent} after the company cut its forecast.",
    "{ORG} has named {PERSON} as its new chief executive.",
    "{PERSON}, who founded {SHORT} in {year}, is stepping down.",
    "Profit at {ORG} rose to {MONEY} in the third quarter.",
    "{ORG} will close its plant in {place} and cut {count} jobs.",
    "A court in {place} ordered {ORG} to pay {MONEY} to {ORG2}.",
    "{PERSON} told analysts that {SHORT} expects sales of {MONEY} this year.",
    "{ORG} and {ORG2} are in talks about a merger, people close to the matter said.",
    "Investors put {MONEY} into {ORG}, a company from {place}.",
    "{place} — {ORG} opened a new research centre on Thursday.",
    "Regulators have fined {ORG} {MONEY} for late reports.",
)
NEWS_LATER = (
    '"We are ready for the next step," {PERSON} said.',
    "{SHORT} employs {count} people in {place}.",
    "{LAST} declined to comment.",
    "The deal values {SHORT2} at {MONEY2}.",
    "Analysts had expected {MONEY2}.",
    "{SHORT} was founded in {year} and is based in {place}.",
    "The shares have gained {percent} since January.",
    "{PERSON2}, an adviser to {SHORT2}, welcomed the decision.",
    "{LAST} joined {SHORT} from {SHORT2} in {year}.",
    "Trade unions in {place} called the plan a mistake.",
    "Spokeswoman {PERSON2} said {SHORT} would appeal.",
    "The project will cost about {MONEY2}, according to {SHORT}.",
    "Rain is expected in {place} at the weekend.",
)
NEWS_PLAIN = (
    "Markets were calm on Friday as traders waited for new figures.",
    "The central bank left interest rates where they were.",
    "Heavy snow closed the airport in {place} for six hours.",
    "Oil prices rose {percent} over the week.",
    "The town council of {place} will vote on the new tram line in May.",
    "Exports grew by {percent} in {year}, the statistics office said.",
    "The museum in {place} expects {count} visitors this summer.",
    "Wheat and coffee were little changed.",
)

# Reviews

REVIEWS = {
    "negative": (
        "The {product} {broke|stopped working|fell apart} after {number} {days|weeks}.",
        "{Terrible|Awful|Horrible} quality, I want a refund.",
        "Never again. Customer service was rude and useless.",
        "I returned it and was never refunded.",
        "Waste of money, do not buy this {product}.",
        "Very disappointed, it arrived damaged and smells bad.",
        "The worst {product} I have ever owned.",
        "It gets hot and makes an annoying noise. I hate it.",
        "The {product} looked used and {two|three} screws were missing.",
        "I had to glue the {handle|lid|stand} back on after {number} days.",
        "Support promised a new {product} and then stopped answering.",
        "Cheap plastic, poor seams, avoid.",
    ),
    "neutral": (
        "It is an average {product}, nothing special.",
        "Does what it says, no more and no less.",
        "Okay for the price, but I expected a bit more.",
        "The {product} is fine, the manual is confusing.",
        "Some parts are good, some are bad.",
        "Arrived on Tuesday. Used it {number} times so far.",
        "Not great, not terrible. It will do for now.",
        "Decent {product}, though the colour is not as shown.",
        "Bought the {product} for my {person}, who has not said much about it.",
        "A {product} is a {product}.",
        "It is a little smaller than the old one.",
        "Three stars, because it does the job and that is all.",
    ),
    "positive": (
        "{Love|Really love} this {product}, works perfectly!",
        "Excellent quality and {fast|very quick} delivery.",
        "Best {product} I have had in years, highly recommend it.",
        "My {person} is very happy with it {emoji}",
        "Great value, sturdy and easy to clean.",
        "Five stars, would buy again.",
        "I was impressed by how well the {product} is made.",
        "Beautiful design and it feels solid.",
        "We use the {product} every day and it still looks new.",
        "Everything fits, nothing wobbles.",
        "Bought a second {product} for my {person}.",
        "Set it up in {number} minutes, it just works.",
    ),
}
REVIEWS_HARD = {
    "negative": (
        "Great, another {product} for the bin.",
        "I wanted to love it. I really did.",
        "If you enjoy waiting {number} weeks for a reply, this is the shop for you.",
    ),
    "neutral": (
        "My neighbour loves hers, mine is just a {product}.",
        "The old one was better in some ways and worse in others.",
    ),
    "positive": (
        "I was afraid it would break like the last one, but no problems after {number} months.",
        "No complaints, not a bad {product} at all.",
        "Refund? No way, I am keeping this {product}.",
    ),
}
