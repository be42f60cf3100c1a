"""The words of the page on which everybody checks by themselves. Its buttons are in frontend/src/locales."""

TEXTS = {
    "nl": {
        "title": "Zelf controleren",
        "lead": "Staat uw betaling in het register? Uw browser rekent het na. Uw bewijs gaat nergens heen.",
        "no_script": "Deze knoppen werken met JavaScript. Zonder kan het ook, met de opdracht hieronder.",
        "command": "Met een eigen programma",
        "command_1": "Haal de broncode op en bewaar het beleid als policy.txt. Dat zegt wie u vertrouwt.",
        "command_2": "Voer dan deze opdracht uit. Die controleert het hele register:",
        "command_3": "Een bewijs van een betaling controleert u zo:",
        "policy": "Het beleid",
    },
    "en": {
        "title": "Check it yourself",
        "lead": "Is your payment in the log? Your browser works it out. Your proof goes nowhere.",
        "no_script": "These buttons need JavaScript. Without it, use the command below.",
        "command": "With a program of your own",
        "command_1": "Get the source code and save the policy as policy.txt. It says whom you trust.",
        "command_2": "Then run this command. It checks the whole log:",
        "command_3": "A proof of a payment is checked like this:",
        "policy": "The policy",
    },
}
