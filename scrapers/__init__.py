"""The Scrapy project that fetches forum posts; it runs in a process of its own."""
