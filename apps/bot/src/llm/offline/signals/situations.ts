/** Where a deal can stand when a rep asks for help. The ids are those of the plays that fit them. */
export interface Situation {
  id: string;
  /** What it means for the deal; a quote from the description follows it. */
  risk: string;
  pattern: RegExp;
}

/** The first that fits leads the answer, so what blocks everything else comes first. */
export const SITUATIONS: readonly Situation[] = [
  {
    id: "champion-left",
    risk: "Your champion is gone, and what was promised went with them",
    pattern:
      /\b(?:champion|contact|sponsor|she|he|[A-Z][a-z]+)\b[^.!?\n]{0,40}\b(?:has left|have left|left the company|left last|just left|resigned|quit|was let go|was laid off|moved to another|changed jobs?|is leaving|no longer (?:works|there|with))\b|\b(?:successor|new boss|replaced by)\b/i,
  },
  {
    id: "renewal-at-risk",
    risk: "The renewal is in danger",
    pattern:
      /\b(?:renewals?|renew|churn\w*|cancel(?:l?ed|l?ing|lation)?|not renew|won't renew|usage (?:is|was) (?:low|down)|low usage|want(?:s)? to leave)\b/i,
  },
  {
    id: "ghosted",
    risk: "The buyer has gone silent",
    pattern:
      /\b(?:ghost(?:ed|ing)?|gone (?:dark|quiet|silent)|went (?:dark|quiet|silent)|radio silence|silen(?:ce|t)|no (?:reply|response|answer)|(?:hasn't|haven't|has not|have not|didn't|did not|doesn't|does not|not|never|stopped|isn't) (?:been )?(?:repl(?:y|ied|ying)|respond(?:ed|ing)?|answer(?:ed|ing)?|call(?:ed)? back|return(?:ed|ing)? (?:my|our) calls?|heard back)|(?:not|haven't|have not|hasn't) heard|unanswered|ignor(?:es|ed|ing) (?:me|my|us|our))\b/i,
  },
  {
    id: "security-review",
    risk: "A security or legal review holds the approval",
    pattern:
      /\b(?:security (?:review|team|questionnaire|officer|audit|check)|infosec|ciso|penetration test|pen ?test|gdpr|soc ?2|iso ?27001|data protection|dpo|legal (?:review|team|department|has|is|wants)|compliance)\b/i,
  },
  {
    id: "quarter-end-discount",
    risk: "A last discount is asked for, and the price may start to slide",
    pattern:
      /\b(?:end of (?:the )?(?:quarter|year|month)|quarter[- ]end|year[- ]end|sign today|sign this week)\b[^.!?\n]{0,80}\b(?:discount|percent|%|cheaper|off|lower)|\b(?:discount|percent off|% off|lower price)\b[^.!?\n]{0,80}\b(?:end of (?:the )?(?:quarter|year|month)|sign (?:today|now|this week|by))\b/i,
  },
  {
    id: "procurement",
    risk: "Procurement sets the rules now",
    pattern:
      /\b(?:procurement|purchasing|sourcing team|rfp|rfq|tender|vendor (?:form|registration|onboarding)|payment terms)\b/i,
  },
  {
    id: "price-objection",
    risk: "The price is in question, and you do not know yet what it is compared with",
    pattern:
      /\b(?:too (?:expensive|pricey|costly|high|much money)|price (?:is|was|seems|concern\w*|objection|pressure)|(?:concern\w*|worr\w+|complain\w*|push\w* back|pushback|hesitat\w+|balk\w*) (?:about|on|at|over) (?:the |our )?(?:price|pricing|cost|budget)|over (?:their |the |our )?budget|discounts?|cheaper price|better price|lower (?:the )?price|percent off|% off|pricing)\b/i,
  },
  {
    id: "competitor-in",
    risk: "A rival is in the deal",
    pattern:
      /\b(?:[Cc]ompetitors?|[Cc]ompeting|[Rr]ivals?|[Ii]ncumbent|[Aa]nother (?:vendor|supplier|provider|offer|tool)|[Oo]ther (?:vendors?|suppliers?|providers?|offers?)|[Aa]lternatives?|versus|vs\.?|(?:also |comparing us (?:with|to) |they(?:'re| are) )(?:looking at |talking to |evaluating |considering )?(?!the\b)[A-Z][A-Za-z]+)\b/,
  },
  {
    id: "budget-cut",
    risk: "The money is not there, or it is frozen",
    pattern:
      /\b(?:budgets? (?:cut|freeze|frozen|is gone|was cut|is tight|got cut|issue)|no budget|(?:cut|froze|slashed|frozen|lost)\b[^.!?\n]{0,20}\bbudget|hiring freeze|spending freeze|freeze|cost[- ]cutting|layoffs|on hold)\b/i,
  },
  {
    id: "endless-pilot",
    risk: "The pilot goes on and nobody decides",
    pattern:
      /\b(?:pilot|trial|proof of concept|poc|test phase)s?\b[^.!?\n]{0,60}\b(?:extend\w*|again|longer|drag\w*|never ends?|still (?:running|going)|for (?:\w+ )?months|since|no (?:decision|criteria)|nobody decides|another)\b|\b(?:extend\w*|another|prolong\w*|longer) (?:\w+ ){0,3}(?:pilot|trial|test|poc)\b/i,
  },
  {
    id: "build-inhouse",
    risk: "They may build it themselves",
    pattern:
      /\b(?:in[- ]house|build (?:it|this|their own|something)|own (?:it|dev\w*|engineer\w*) team|internal tool|themselves)\b/i,
  },
  {
    id: "no-decision-maker",
    risk: "The person who signs has not been won yet",
    pattern:
      /\b(?:decision[- ]?makers?|board|committee|steering|ceo|cfo|managing director|(?:his|her|their|the) boss|has to approve|needs? approval|sign[- ]?off|who signs|economic buyer)\b/i,
  },
  {
    id: "single-threaded",
    risk: "Everything hangs on one contact",
    pattern:
      /\b(?:only (?:contact|know|one|spoken|talk\w*|speak)|single[- ]threaded|one contact|my (?:only )?contact|nobody else|no one else|presents? it (?:for|internally)|will present)\b/i,
  },
  {
    id: "stalled-proposal",
    risk: "The offer is out and nothing moves",
    pattern:
      /\b(?:stall(?:ed|ing)?|stuck|no movement|nothing (?:moves|happens|happened)|dragging|delayed|slipp(?:ed|ing)|postponed|since (?:the|our|my) (?:proposal|offer|quote))\b/i,
  },
  {
    id: "send-me-an-email",
    risk: "You were put off with a request for papers",
    pattern:
      /\bsend (?:me|us|them|him|her|over)? ?(?:an?|some|more|the)? ?(?:email|e-mail|info\w*|deck|brochure|something|material\w*|slides)\b/i,
  },
  {
    id: "not-now",
    risk: "The buyer moves it into the future",
    pattern:
      /\b(?:next (?:quarter|year)|not (?:now|a priority|the right time)|bad timing|too busy|after the (?:summer|holidays)|think (?:it over|about it)|later this year|in the new year|revisit)\b/i,
  },
];

/** What leads the answer when nothing else does. */
export const OPEN_SITUATION: Situation = {
  id: "no-next-step",
  risk: "No next step with a date is agreed",
  pattern: /$^/,
};

export function situationsOf(deal: string): Situation[] {
  return SITUATIONS.filter(({ pattern }) => pattern.test(deal));
}
