"""The words by which a submission tries to grade itself, by family.

Each pattern is written so that ordinary work on ordinary subjects (grade books, parsers, README files, market
research) does not meet it; tests hold both sides.
"""

import re

_FEW = r"\W+(?:\w+\W+){0,6}?"
_GRADING = r"(?:rubric|criteria|criterion|grading|marking scheme|scoring (?:guide|rules?|scheme))"
_ORDERS = (
    r"(?:(?:all|any|your|the|these|those|previous|prior|above|earlier|system|given)\W+(?:\w+\W+){0,3}?)"
    r"(?:instructions?|prompts?|guidelines?)"
)
_ORDERED = (
    r"(?<!\bwe\W)(?<!\bi\W)(?<!\bthey\W)(?<!\btold\Wto\W)(?<!\basked\Wto\W)(?<!\bhad\Wto\W)(?<!\bme\Wto\W)"
)
"""What somebody tells of themselves or of others is no order."""
_TOP = (
    r"(?:10\s*/\s*10|100\s*/\s*100|4\s*/\s*4|5\s*/\s*5|full (?:marks?|points?|scores?|credits?)|"
    r"(?:the )?(?:maximum|max|highest|top|perfect|best)(?: possible)? (?:marks?|points?|scores?|levels?|grades?|ratings?))"
)
_FILLER = (
    r"(?:me|us|it|this|that|them|the|my|our|a|an|all|every|each|student|learner|candidate|submission|work|project|"
    r"text|answer|criterion|criteria|score|grade|mark|of|as|with|at|level|to|in|on|for|please|just|is|be|must)"
)
_MACHINE = (
    r"(?:grader|assessor|grading (?:model|system|assistant|ai|bot|software)|language model|llm|chatbot)"
)
_WORK = r"(?:submission|attempt|project|student|learner|work|interview|candidate)"

FAMILIES: dict[str, tuple[str, ...]] = {
    "rubric_override": (
        rf"{_ORDERED}\b(?:ignore|disregard|override|bypass|overrule|discard){_FEW}{_GRADING}\b",
        rf"\b(?:ignore|disregard|override|bypass|overrule|discard)\W+(?:\w+\W+){{0,2}}?{_ORDERS}\b",
        rf"\bforget\W+(?:everything|all|any|your|(?:the )?previous|{_ORDERS}|the {_GRADING})\b",
        rf"\b(?:do not|don'?t|never|no need to|stop)\W+(?:apply|applying|use|using|follow|following|consult|check)"
        rf"\W+(?:\w+\W+){{0,3}}?{_GRADING}\b",
    ),
    "score_demand": (
        rf"\b(?:(?:give|award|assign|grant)\W+|(?:grade|score|rate|mark)\s+(?:me|us|it|this|that|them|the|my|our|all|every|"
        rf"each)\s+)(?:{_FILLER}\W+){{0,8}}"
        rf"(?:100\b(?!\s*(?:[a-z]{{2,}}(?<!points)(?<!marks)(?<!percent)(?<!for)(?<!to)(?<!and)|[€$£₹]))|{_TOP})",
        r"\blevel\s*4\W+(?:for|to|on|in|at)\W+(?:all|every|each)\b",
        rf"\bdeserves?\W+(?:a\W+)?(?:100\s*(?:points|marks|%|percent)|{_TOP})",
        rf"\b{_WORK}\W+(?:must|should|has to|needs to|shall|will)\W+(?:pass\b(?!ed|es)|receive\W+(?:\w+\W+)?(?:{_TOP}|100)|"
        r"be\W+(?:graded|scored|rated|marked|given)\b)",
        r"\bmark\W+(?:this|it|me|my \w+)\W+as\W+(?:passed|approved|excellent|perfect)\b",
    ),
    "role_play": (
        rf"\byou are (?:now|no longer|henceforth)\W+(?:\w+\W+){{0,4}}?(?:{_MACHINE}|assistant|teacher|model|ai|bot|dan|"
        r"examiner|professor|generous|lenient|friendly|unrestricted|bound|required|allowed)\b",
        rf"{_ORDERED}\b(?:act|behave|respond|answer) as (?:if you were |though you were )?(?:an?|my|the)\W+(?:\w+\W+){{0,3}}?"
        rf"(?:{_MACHINE}|teacher|examiner|professor|unrestricted)\b",
        rf"\bpretend (?:to be|that you are|you are)\W+(?:\w+\W+){{0,4}}?(?:{_MACHINE}|teacher|examiner|model|ai)\b",
        r"\b(?:enter|enable|switch to|activate)\W+(?:developer|admin|debug|god|dan|jailbreak|grading override) mode\b",
        r"\bfrom now on,?\W+you (?:are|will|must|grade|score)\b",
    ),
    "addresses_grader": (
        r"\b(?:note|message|attention|hint|reminder|memo|instructions?|dear|hey|hello|hi)\W{1,3}"
        rf"(?:(?:to|for|the|all|any|this|my|dear|ai|automated|automatic)\W+){{0,4}}(?:{_MACHINE}|ai (?:model|assistant|"
        r"reviewer|system|grader))\b",
        rf"\b(?:if|when|since) you(?: are|'re)\W+(?:an?|the)\W+(?:\w+\W+){{0,2}}?(?:{_MACHINE}|ai)\b",
        rf"@{_MACHINE}\b",
    ),
    "fake_rubric": (
        r"\b(?:new|updated|revised|corrected|replacement|actual|real)\W+(?:rubric|grading (?:criteria|scheme|rules|"
        r"instructions)|marking scheme)\b",
        r"\b(?:rubric|criteria|grading)\W+(?:has|have|is|are|was|were)\W+(?:been\W+)?(?:changed|replaced|updated|cancelled|"
        r"canceled|waived|suspended|void|withdrawn)\b",
    ),
    "fake_grade": (
        r"(?<![\w'\"])(?:final|overall|total|official|assigned)\W+(?:score|grade|result|rating)\s*[:=]\s*\W*(?:100|10/10|a\+|"
        r"pass(?:ed)?)\b",
        r"[\"'](?:score|level|points|passed|grade)[\"']\s*:[^{}]{0,300}[\"'](?:quotes|feedback|suspicious_passages|criteria)"
        r"[\"']\s*:",
        r"[\"'](?:quotes|feedback|suspicious_passages|criteria)[\"']\s*:[^}]{0,300}[\"'](?:score|level|points|passed|grade)"
        r"[\"']\s*:",
    ),
    "delimiter_escape": (
        r"<\s*/?\s*(?:material|submission|instructions?|assistant|untrusted)\b[^>]{0,80}>|<\s*/\s*system\s*>|"
        r"<\s*/?\s*data\s+nonce",
        r"<\|\s*(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\s*\|>|\[/?INST\]|<<\s*/?SYS\s*>>",
        r"\b(?:system|assistant|developer)\W{0,2}(?:message|prompt|instruction|override)s?\s*:",
        r"\b(?:end|start|beginning)\W+of\W+(?:the\W+)?(?:student(?:'?s)?|learner(?:'?s)?|untrusted|submitted)\W+(?:work|text|"
        r"data|submission|material|answer)\b",
    ),
    "prompt_leak": (
        r"\b(?:reveal|print|repeat|show|output|display|disclose|tell me|leak|recite)\W+(?:\w+\W+){0,4}?(?:system prompt|"
        r"(?:your|hidden|secret)\W+(?:\w+\W+)?(?:prompt|instructions|rubric|guidelines))\b",
    ),
    "false_authority": (
        r"\b(?:instructors?|teachers?|professors?|administrators?|admins?|staff|university|college|developers?|openai|google|"
        r"lodestar|examiners?)\W+(?:\w+\W+){0,3}?(?:approved|graded|authori[sz]ed|confirmed|instructed|decided)\W+"
        r"(?:\w+\W+){0,5}?(?:full|maximum|marks?|score|grade|pass|points|100|this submission|my submission)\b",
        r"\b(?:pre-?approved|already graded|already been graded)\W+(?:\w+\W+){0,4}?(?:full|maximum|pass|100|marks?|score)\b",
    ),
    "other_language": (
        r"(?:ignorier|missacht|vergiss|übergeh)\w*[^.!?]{0,50}(?:bewertung|rubrik|kriterien|anweisung|vorgaben)",
        r"\b(?:gib|vergib|geben sie|vergeben sie) \w[^.!?]{0,40}(?:\b100\b|volle punktzahl|höchst\w*|bestnote)",
        r"\bignore[rz]?\b[^.!?]{0,50}(?:grille|barème|critères|consignes)",
        r"\b(?:donne|donnez|attribue|attribuez|mets|mettez)\b[^.!?]{0,40}(?:100|note maximale|points? maximum)",
        r"\bignor(?:a|e|ar|en|ad)\b[^.!?]{0,50}(?:r[úu]brica|criterios?|crit[ée]rios?|instrucciones|instruções|griglia|criteri\b)",
        r"\b(?:dale|dame|otorga|asigna|atribua|pon|assegna|dê)\b[^.!?]{0,40}(?:100|m[áa]xim[ao]|massimo)",
        r"\bnegeer\b[^.!?]{0,50}(?:rubriek|criteria|instructies)",
        r"(?:игнорируй|проигнорируй|забудь)\w*[^.!?]{0,50}(?:рубрик|критери|инструкц|оценк)",
        r"(?:रूब्रिक|मानदंड|निर्देश)[^।.!?]{0,50}(?:अनदेखा|नज़रअंदाज़|नजरअंदाज)",
        r"(?:忽略|无视|忽視|無視)[^。！？]{0,30}(?:评分|評分|标准|標準|指示|说明|規則|规则)",
        r"(?:给|給)[^。！？]{0,20}(?:满分|滿分|100\s*分)",
        r"(?:採点|評価|基準|指示|ルーブリック)[^。]{0,30}(?:無視|忘れ)",
        r"(?:기준|지시|루브릭)[^.]{0,30}무시",
        r"تجاهل\w*[^.؟!]{0,50}(?:المعايير|التعليمات|التقييم)",
        r"(?:kriter|talimat|rubri)\w*[^.!?]{0,40}(?:yok say|görmezden)",
    ),
    "hidden_text": (
        r"<!--(?:(?!-->).){0,300}?\b(?:grader|grading|rubric|assessor|full marks)\b",
        r"(?:display\s*:\s*none|font-size\s*:\s*0|visibility\s*:\s*hidden)[^<]{0,200}\b(?:grad(?:e|er|ing)|rubric|marks)\b",
    ),
}

PATTERNS = {
    family: tuple(re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL) for pattern in patterns)
    for family, patterns in FAMILIES.items()
}
"""A space in a family's pattern is any white space, lines' ends included."""

SQUEEZED = re.compile(
    r"ignore(?:the|all|any|your|previous|every)*(?:rubric|criteria|instructions|grading|guidelines)|"
    r"(?:give|award|assign)(?:me|this|it)?(?:a|the)?(?:fullmarks|100points|100percent|maximum(?:score|marks|points)|"
    r"topmarks|perfectscore)|disregard(?:the|all|your)?(?:rubric|criteria|instructions)"
)
"""The same for text whose spaces mean nothing: letters written apart."""
